"""The published JSON Schema of results, and of parts of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def schema(part: str = "", of: str = "result") -> dict[str, Any]:
    """The schema of a whole result; with a name of `$defs`, of that alone.

    `of`: of which kind, `result` or `mutation`.
    """
    text = Path(__file__).with_name(f"{of}.schema.json").read_text(encoding="utf-8")
    whole: dict[str, Any] = json.loads(text)
    if not part:
        return whole
    shared = {"$schema": whole["$schema"], "$id": f"{whole['$id']}:{part}"}
    return {**shared, "$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}
