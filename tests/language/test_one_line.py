"""The note VQ0436: a number of lines where a controller lists their numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.language.load import load


def _hints(lines: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "d.vq"
    path.write_text(f"platform p(n: 2..8) {{ controller c : edge {{ {lines} }} }}\n")
    found = load(path).diagnostics
    assert {d.code for d in found} <= {"VQ0436"}
    return [d.hint for d in found]


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ("lines 24", "24 lines are `lines 0..23`; one is `lines 24..24`"),
        ("lines 24 reserved 24", "24 lines are `lines 0..23`; one is `lines 24..24`"),
        ("lines n", "n lines are `lines 0..n - 1`; one is `lines n..n`"),
    ],
)
def test_one_number_is_one_line(lines: str, hint: str, tmp_path: Path) -> None:
    assert _hints(lines, tmp_path) == [hint]


@pytest.mark.parametrize(
    "lines", ["lines 0..23", "lines 24..24", "lines 0", "lines 1", "lines 4, 6"]
)
def test_a_range_a_list_and_the_first_lines_are_meant(lines: str, tmp_path: Path) -> None:
    assert _hints(lines, tmp_path) == []
