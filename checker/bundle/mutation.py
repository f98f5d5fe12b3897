"""What a bundle asks of results of mutations (`checker mutate --format json`), and shows of them.

They have to be of the same texts (`inputs`, each with a `sha256`) and say how many of how many
mutants were noticed (`score`: `killed`, `counted`). The rest is kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def unfit(result: Any, digests: Iterable[str]) -> str:
    """Why the result is not one of texts with these SHA-256, or ''."""
    try:
        mine = sorted(str(i["sha256"]) for i in result["inputs"])
        killed, counted = result["score"]["killed"], result["score"]["counted"]
    except (KeyError, TypeError) as e:
        return f"it is no result of mutations: it has no {e}"
    if not all(isinstance(n, int) for n in (killed, counted)) or not 0 <= killed <= counted:
        return "it is no result of mutations: its score is no count"
    return "" if mine == sorted(set(digests)) else "it is of other texts"


def score(result: Any) -> str:
    """In words."""
    killed, counted = result["score"]["killed"], result["score"]["counted"]
    of = "the design's own files" if result.get("left_out") else "the design"
    return f"{killed} of {counted} small changes of {of} are noticed by its properties"
