"""Diagnostics as people read them."""

import pytest

from checker.diagnostics.diagnostic import Diagnostic, Label, Severity
from checker.report.diagnostics import as_github, as_json, excerpt, render, summary
from model.span import Source, Span

TEXT = """\
device_type net {
    queue ctrl at 2*pairs
}
transport t {
    map in device {
        queue q -> line 1 + q.index / 2   if q.index < 2*pairs
    }
}
"""
NET = Source("specs/net.vq", "\n" * 10 + TEXT)


def _span(source: Source, words: str) -> Span:
    start = source.text.index(words)
    return Span(source, start, start + len(words))


def _at(text: str, words: str, path: str = "x.vq") -> Diagnostic:
    return Diagnostic("VQ0101", "wrong", Label(_span(Source(path, text), words), "here"))


NO_LINE = Diagnostic(
    "VQ0501",
    "queue `ctrl` has no line",
    Label(_span(NET, "q.index < 2*pairs"), "leaves out `ctrl`"),
    (Label(_span(NET, "ctrl"), "declared here, with a callback"),),
    "add `queue q -> line 0 otherwise`, or declare `ctrl` as `{ polled }`",
)


def test_several_places_of_one_file() -> None:
    assert (
        render([NO_LINE])
        == """\
error[VQ0501]: queue `ctrl` has no line
  --> specs/net.vq:16:46
   |
12 |     queue ctrl at 2*pairs
   |           ---- declared here, with a callback
16 |         queue q -> line 1 + q.index / 2   if q.index < 2*pairs
   |                                              ^^^^^^^^^^^^^^^^^ leaves out `ctrl`
   = hint: add `queue q -> line 0 otherwise`, or declare `ctrl` as `{ polled }`

"""
    )


def test_a_place_in_another_file_has_its_own_block() -> None:
    other = Source("lib/irq.vq", "transport irq { }\n")
    also = (Label(_span(other, "irq"), "declared here"),)
    d = Diagnostic("VQ0201", "twice", Label(_span(NET, "net"), "and here"), also)
    assert (
        render([d])
        == """\
error[VQ0201]: twice
  --> specs/net.vq:11:13
   |
11 | device_type net {
   |             ^^^ and here
  ::: lib/irq.vq:1:11
   |
 1 | transport irq { }
   |           --- declared here

"""
    )


def test_about_a_file_as_a_whole() -> None:
    d = Diagnostic("VQ0110", "nothing is declared", path="a.vq", hint="declare something")
    assert render([d]) == (
        "error[VQ0110]: nothing is declared\n  --> a.vq\n   = hint: declare something\n\n"
    )


def _picture(d: Diagnostic) -> list[str]:
    return [line[4:] for line in render([d]).splitlines() if " | " in line]


def test_tabs_and_wide_characters_keep_the_carets_in_place() -> None:
    assert _picture(_at("\tlet\tbad = 1", "bad")) == ["    let bad = 1", "        ^^^ here"]
    assert _picture(_at("# 漢字 bad", "bad")) == ["# 漢字 bad", "       ^^^ here"]
    assert _picture(_at("# 漢字 bad", "漢字")) == ["# 漢字 bad", "  ^^^^ here"]
    assert _picture(_at("# e\u0301 bad", "bad")) == ["# e\u0301 bad", "    ^^^ here"]


def test_what_would_move_the_cursor_is_not_shown() -> None:
    d = _at("# \x1b[31m\r\u202e bad\r\n", "bad", "evil\x1b.vq")
    assert "\x1b" not in render([d])
    assert "\u202e" not in render([d])
    assert _picture(d)[1] == " " * 10 + "^^^ here"


@pytest.mark.parametrize("where", [0, 50, 200, 399])
def test_a_long_line_is_cut_around_the_place(where: int) -> None:
    words = ["word"] * 400
    words[where] = "BAD"
    line, carets = _picture(_at(" ".join(words), "BAD"))
    assert len(line) <= 108
    assert line[carets.index("^") :].startswith("BAD")
    assert carets.count("^") == 3
    assert line.endswith(" ...") == (where < 390)
    assert line.startswith("... ") == (where > 10)


def test_a_span_longer_than_the_line_shown_is_cut_too() -> None:
    line, carets = _picture(_at("x" * 500, "x" * 500))
    assert len(line) <= 108
    assert len(carets) <= 115


def test_a_place_of_many_lines_shows_its_first_and_last() -> None:
    assert _picture(_at("let a =\n  1 +\n  2\n", "a =\n  1 +\n  2")) == [
        "let a =",
        "    ^^^",
        "  2",
        "  ^ here",
    ]


def test_the_end_of_the_file_and_line_ends_of_windows() -> None:
    source = Source("x.vq", "let a =\r\n")
    d = Diagnostic("VQ0103", "too short", Label(Span(source, 7, 8), "here"))
    assert _picture(d) == ["let a =", "       ^ here"]
    empty = Source("x.vq", "")
    assert _picture(Diagnostic("VQ0103", "x", Label(Span(empty, 0, 1), "here"))) == ["^ here"]


def test_order_duplicates_and_summary() -> None:
    first, second = _at("a b", "a"), _at("a b", "b", "y.vq")
    warning = Diagnostic("VQ0900", "odd", path="z.vq", severity=Severity.WARNING)
    shown = render([second, warning, first, first])
    assert [line for line in shown.splitlines() if line.startswith((" -->", "  -->"))] == [
        " --> x.vq:1:1",
        " --> y.vq:1:3",
        "  --> z.vq",
    ]
    assert summary([second, warning, first, first]) == "2 errors, 1 warning"
    assert summary([warning]) == "1 warning"
    assert summary([]) == "no errors"


def test_colours_change_nothing_but_the_colours() -> None:
    import re

    colored = render([NO_LINE], color=True)
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render([NO_LINE])


def test_an_excerpt_has_no_headline() -> None:
    places = [Label(_span(NET, "2*pairs"), "index"), Label(_span(NET, "line 1"))]
    assert (
        excerpt(places)
        == """\
  --> specs/net.vq:12:19
   |
12 |     queue ctrl at 2*pairs
   |                   ^^^^^^^ index
16 |         queue q -> line 1 + q.index / 2   if q.index < 2*pairs
   |                    ^^^^^^
"""
    )


def test_json_has_lines_and_columns() -> None:
    (data,) = as_json([NO_LINE])
    assert data["at"] == {
        "path": "specs/net.vq",
        "line": 16,
        "column": 46,
        "end_line": 16,
        "end_column": 63,
        "words": "leaves out `ctrl`",
    }
    assert (data["code"], data["severity"], data["path"]) == ("VQ0501", "error", "specs/net.vq")


def test_github_annotations_are_escaped() -> None:
    d = Diagnostic("VQ0101", "100% wrong", Label(_span(Source("a,b:c.vq", "x"), "x")), hint="no")
    assert as_github([d]) == (
        "::error file=a%2Cb%3Ac.vq,line=1,col=1,title=VQ0101::100%25 wrong%0Ahint: no\n"
    )
