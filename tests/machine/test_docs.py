"""The examples in Python of docs/guide/machine.md are executed, one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.markdown import ROOT, blocks

PAGE = ROOT / "docs" / "guide" / "machine.md"


def test_the_examples_in_python_are_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {"__name__": "page"}
    bodies = [b.body for b in blocks(PAGE) if b.language == "python"]
    assert len(bodies) == 2
    for body in bodies:
        exec(compile(body, str(PAGE), "exec"), names)
