"""The generated pages of the reference are those that docs/generate.py writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.markdown import ROOT

REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is generated now."""
    folder = tmp_path_factory.mktemp("reference")
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.generate(folder)
    return _pages(folder)


def _pages(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text("utf-8") for p in folder.rglob("*.md")}


def test_the_generated_pages_are_up_to_date(made: dict[str, str]) -> None:
    kept = _pages(REFERENCE)
    differ = sorted(name for name in made if made[name] != kept.get(name))
    assert not differ, f"run `make docs-generate`: {', '.join(differ)}"


def test_no_page_of_a_code_or_property_is_left_over(made: dict[str, str]) -> None:
    folders = ("properties", "errors")
    kept = {name for name in _pages(REFERENCE) if Path(name).parts[0] in folders}
    assert not kept - made.keys(), "run `make docs-generate`"
