"""Every example in the documentation is executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.markdown import ROOT, run

TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_examples_are_true(text: Path, tmp_path: Path) -> None:
    assert run(text, tmp_path) == []
