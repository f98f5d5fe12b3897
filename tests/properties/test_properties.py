"""Each property has a text with designs that hold, are violated and are vacuous, and it is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.properties.property import properties
from tests.markdown import run

HERE = Path(__file__).parent
TEXTS = sorted(HERE.glob("*.md"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
def test_what_the_text_says_is_so(text: Path, tmp_path: Path) -> None:
    assert run(text, tmp_path) == []


def test_each_property_has_a_text_with_all_three_outcomes() -> None:
    for name in properties():
        text = (HERE / f"{name}.md").read_text(encoding="utf-8")
        for outcome in ("holds", "violated", "vacuous"):
            assert f"# verdict: {name} {outcome}" in text, f"{name}.md has no {outcome} design"
