"""The examples of docs/reference/ring.md are compiled and executed."""

from __future__ import annotations

from pathlib import Path

from tests.markdown import blocks
from tests.ring.build import CORE, ROOT, compile_c, run

PAGE = ROOT / "docs" / "reference" / "ring.md"


def block(language: str) -> str:
    """The one block in a language."""
    (body,) = [b.body for b in blocks(PAGE) if b.language == language]
    return body


def test_the_example_in_c_prints_what_the_page_says(tmp_path: Path) -> None:
    source = tmp_path / "example.c"
    source.write_text(block("c"))
    flags = ["-fsanitize=address,undefined"]
    done = run(compile_c(tmp_path / "example", [source, *CORE], flags))
    assert done.returncode == 0, done.stderr
    assert done.stdout == block("text")


def test_the_examples_in_python_are_true() -> None:
    for body in [b.body for b in blocks(PAGE) if b.language == "python"]:
        exec(compile(body, str(PAGE), "exec"), {})


def test_the_page_names_every_error() -> None:
    header = (ROOT / "model" / "ring" / "vq.h").read_text()
    errors = {word.split(" =")[0].strip() for word in header.splitlines() if "\tVQ_E_" in word}
    text = PAGE.read_text()
    assert len(errors) == 14
    assert {e for e in errors if f"`{e}`" not in text} == set()
