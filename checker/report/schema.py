"""The published JSON Schema of results, and of parts of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def schema(part: str = "") -> dict[str, Any]:
    """The schema of a whole result; with a name of `$defs`, of that alone."""
    text = Path(__file__).with_name("result.schema.json").read_text(encoding="utf-8")
    whole: dict[str, Any] = json.loads(text)
    if not part:
        return whole
    shared = {"$schema": whole["$schema"], "$id": f"{whole['$id']}:{part}"}
    return {**shared, "$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}
