"""Runs in a terminal: nothing is wider than it, and nothing is left out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.commands import files
from checker.commands.main import main
from checker.report.run_table import Row, lay_out, pieces

SPECS = Path(__file__).resolve().parents[2] / "specs"
LONG = pieces([f"a cell with a name = {k}" for k in range(4)])
ROWS = [Row(("1", "device", "publish"), (LONG,), "d.vq:1"), Row(("2", "h", "x"), (("b = 1",),))]


def test_what_fits_is_one_line_a_step() -> None:
    wide = lay_out(ROWS, 130)
    assert [len(lines) for lines in wide] == [1, 1]
    assert wide[0][0].endswith("a cell with a name = 3  d.vq:1")
    assert wide[1] == ["2  h       x        b = 1"]


def test_a_narrower_one_wraps_what_changed() -> None:
    assert lay_out(ROWS, 60) == [
        [
            "1  device  publish  a cell with a name = 0,  d.vq:1",
            "                    a cell with a name = 1,",
            "                    a cell with a name = 2,",
            "                    a cell with a name = 3",
        ],
        ["2  h       x        b = 1"],
    ]


def test_where_the_column_is_too_narrow_it_stands_below() -> None:
    assert lay_out(ROWS, 45, ("changed",)) == [
        [
            "1  device  publish  d.vq:1",
            "        changed: a cell with a name = 0,",
            "                 a cell with a name = 1,",
            "                 a cell with a name = 2,",
            "                 a cell with a name = 3",
        ],
        ["2  h       x", "        changed: b = 1"],
    ]


_words = st.text("ab =", min_size=1, max_size=18)
_cells = st.lists(_words, max_size=6)
_rows = st.lists(st.tuples(_words, _words, _cells, _cells, _words), min_size=1, max_size=5)


@given(_rows, st.integers(60, 140))
def test_nothing_is_lost_and_nothing_is_wider(
    drawn: list[tuple[str, str, list[str], list[str], str]], width: int
) -> None:
    rows = [Row((str(k), a, b), (pieces(c), pieces(d, ";")), e)
            for k, (a, b, c, d, e) in enumerate(drawn)]  # fmt: skip
    for row, lines in zip(rows, lay_out(rows, width), strict=True):
        assert all(len(line) <= width for line in lines)
        said = "".join("".join(lines).split())
        for part in (*row.lead, *(p for cell in row.notes for p in cell), row.tail):
            assert "".join(part.split()) in said


@pytest.mark.parametrize("design", ["packed_no_driver_barrier", "flags_no_recheck"])
def test_a_run_of_stores_that_wait_is_not_wider_than_a_page(
    design: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["verify", str(SPECS / "handshake" / f"{design}.vq"), "-p", "no_lost_notifications"])
    out = capsys.readouterr().out
    (run,) = [part.split("  --> ")[0] for part in out.split("  run: ")[1:]]
    assert max(map(len, run.splitlines())) <= 120
    assert "stores of handler line 0 to req[0] not visible yet = enable" in run
    assert ".store" not in run


def test_the_terminal_says_how_wide_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "93")
    assert files.width() == 93
    monkeypatch.setenv("COLUMNS", "20")
    assert files.width() == 60
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    assert files.width() is None
