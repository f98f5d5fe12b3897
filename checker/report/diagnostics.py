"""Diagnostics as text, as JSON and as GitHub annotations.

Each shows the line itself with carets under the place, and the related places with what they
contribute. Columns are counted in characters (as editors do); carets are aligned by what a terminal
shows, where tabs and wide characters take more than one cell.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from checker.diagnostics.diagnostic import Diagnostic, Label, Severity
from model.record import dataclass
from model.span import Source, Span

WIDTH = 100
"""Cells of a line of source that are shown; longer ones are cut around the place."""
_TAB = 4

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "line": "1;34",
    "also": "34",
    "hint": "1;36",
    "bold": "1",
}


def _paint(text: str, style: str, color: bool) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if color and text else text


def render(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """All of them, in the order of the text, each followed by an empty line."""
    ordered = sorted(set(diagnostics), key=lambda d: d.order)
    return "".join(_one(d, color) + "\n" for d in ordered)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`3 errors, 1 warning, 1 note`; `no errors` if there is none."""
    found = [d.severity for d in set(diagnostics)]
    parts = [_count(found.count(s), s.value) for s in Severity if s in found]
    return ", ".join(parts) or _count(0, Severity.ERROR.value)


def _count(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _one(d: Diagnostic, color: bool) -> str:
    kind = d.severity.value
    headline = _paint(f": {_printable(d.headline)}", "bold", color)
    labels = [(d.at, True)] if d.at else []
    labels += [(a, False) for a in d.also]
    places = [_Place(label.span, label.words, is_main) for label, is_main in labels]
    width = _width(places)
    lines = [_paint(f"{kind}[{d.code}]", kind, color) + headline, *_blocks(places, kind, color)]
    if d.at is None and d.path:
        lines.append(f"{' ' * width}{_paint('-->', 'line', color)} {_printable(d.path)}")
    if d.hint:
        mark = f"{' ' * width} {_paint('=', 'line', color)} {_paint('hint', 'hint', color)}"
        lines.append(f"{mark}: {_printable(d.hint)}")
    return "\n".join(lines) + "\n"


def excerpt(places: Iterable[Label], color: bool = False) -> str:
    """The lines of text that these places stand on, marked and with their words; no headline."""
    marked = [_Place(lb.span, lb.words, True) for lb in places]
    return "".join(line + "\n" for line in _blocks(marked, "also", color))


@dataclass(frozen=True, slots=True)
class _Place:
    """A span with its words; main ones are marked by `^`, others by `-`."""

    span: Span
    words: str
    is_main: bool


def _blocks(places: Sequence[_Place], style: str, color: bool) -> list[str]:
    """One block a file, the file of the first place first."""
    sources: list[Source] = []
    for p in places:
        if all(p.span.source.path != s.path for s in sources):
            sources.append(p.span.source)
    out: list[str] = []
    width = _width(places)
    for i, source in enumerate(sources):
        here = [p for p in places if p.span.source.path == source.path]  # Copies are one file.
        arrow = _paint("-->" if i == 0 else ":::", "line", color)
        out.append(f"{' ' * width}{arrow} {_printable(here[0].span.place)}")
        out.append(_gutter("", width, color))
        out += _lines(source, here, width, style, color)
    return out


def _width(places: Sequence[_Place]) -> int:
    """Digits of the largest line number shown."""
    ends = (p.span.source.position(max(p.span.start, p.span.end - 1))[0] for p in places)
    return max((len(str(n)) for n in ends), default=2)


def _gutter(number: str, width: int, color: bool) -> str:
    return _paint(f"{number:>{width}} |", "line", color)


def _lines(source: Source, places: list[_Place], width: int, style: str, color: bool) -> list[str]:
    rows: dict[int, list[_Mark]] = {}
    for p in places:
        for mark in _marks(p):
            rows.setdefault(mark.line, []).append(mark)
    out: list[str] = []
    for number in sorted(rows):
        text, marks = _near(source.line(number), rows[number])
        shown, shift, limit = _clip(text, marks)
        out.append(f"{_gutter(str(number), width, color)} {shown}".rstrip())
        for mark in sorted(marks, key=lambda m: (m.start, m.end, not m.is_main)):
            blank = max(0, _cells(text, mark.start) - shift)
            long = max(1, min(_cells(text, mark.end) - shift, limit) - blank)
            line = ("^" if mark.is_main else "-") * long
            words = f" {_printable(mark.words)}" if mark.words else ""
            marked = _paint(line + words, style if mark.is_main else "also", color)
            out.append(f"{_gutter('', width, color)} {' ' * blank}{marked}")
    return out


@dataclass(frozen=True, slots=True)
class _Mark:
    """Characters `start` to `end` of one line."""

    line: int
    start: int
    end: int
    words: str
    is_main: bool


def _marks(place: _Place) -> list[_Mark]:
    """The first line of a span, and its last if there are more; the words stand at the last."""
    span = place.span
    first, column = span.source.position(min(span.start, len(span.source.text)))
    last, end_column = span.source.position(max(span.start, span.end - 1))
    if first == last:
        end = max(column, column - 1 + span.end - span.start)
        return [_Mark(first, column - 1, end, place.words, place.is_main)]
    text = span.source.line(first)
    closing = span.source.line(last)
    indent = len(closing) - len(closing.lstrip())
    return [
        _Mark(first, column - 1, max(column, len(text.rstrip())), "", place.is_main),
        _Mark(last, min(indent, end_column - 1), end_column, place.words, place.is_main),
    ]


def _near(text: str, marks: list[_Mark]) -> tuple[str, list[_Mark]]:
    """Of a line as long as a book the part around the first main mark."""
    if len(text) <= 10 * WIDTH:
        return text, marks
    main = next((m for m in marks if m.is_main), marks[0])
    cut = max(0, main.start - 2 * WIDTH)
    part = text[cut : cut + 6 * WIDTH]
    inside = [m for m in marks if cut <= m.start <= cut + len(part)]
    moved = [replace(m, start=m.start - cut, end=min(m.end - cut, len(part) + 1)) for m in inside]
    return part, moved


def _clip(text: str, marks: list[_Mark]) -> tuple[str, int, int]:
    """What is shown of a line, the cells cut off at its left, and how far marks may go."""
    if _cells(text, len(text)) <= WIDTH:
        return _show(text), 0, WIDTH + 1
    main = next((m for m in marks if m.is_main), marks[0])
    start = max(0, main.start - WIDTH // 3)
    if _cells(text, min(main.end, len(text))) < WIDTH - 4:
        start = 0
    dots = "... " if start else ""
    kept = ""
    used = 0
    end = start
    while end < len(text) and used < WIDTH - 8:
        used = _cells(text, end + 1) - _cells(text, start)
        end += 1
    kept = _show(text[start:end]) if start == 0 else _show_from(text, start, end)
    shift = _cells(text, start) - len(dots)
    more = " ..." if end < len(text) else ""
    return dots + kept + more, shift, _cells(text, end) - shift


def _show_from(text: str, start: int, end: int) -> str:
    out, at = [], _cells(text, start)
    for c in text[start:end]:
        piece, wide = _glyph(c, at)
        out.append(piece)
        at += wide
    return "".join(out)


def _show(text: str) -> str:
    return _show_from(text, 0, len(text))


def _glyph(c: str, at: int) -> tuple[str, int]:
    """A character as it is shown at this cell, and how many cells it takes."""
    if c == "\t":
        wide = _TAB - at % _TAB
        return " " * wide, wide
    if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"):
        return (
            "\ufffd",
            1,
        )  # What would move the cursor, or show nothing, must not reach a terminal.
    if unicodedata.combining(c):
        return c, 0
    return c, 2 if unicodedata.east_asian_width(c) in "WF" else 1


def _cells(text: str, upto: int) -> int:
    """How many cells the first characters take; what lies past the end takes one each."""
    at = 0
    for c in text[:upto]:
        at += _glyph(c, at)[1]
    return at + max(0, upto - len(text))


def _printable(text: str) -> str:
    return "".join(_glyph(c, 0)[0] if c not in "\t\n" else " " for c in text)


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, object]]:
    """The same as plain data, with lines and columns from 1 (in characters)."""
    return [
        {
            "code": d.code,
            "severity": d.severity.value,
            "headline": d.headline,
            "path": d.at.span.source.path if d.at else d.path,
            "at": _json_label(d.at) if d.at else None,
            "also": [_json_label(a) for a in d.also],
            "hint": d.hint,
        }
        for d in sorted(set(diagnostics), key=lambda d: d.order)
    ]


def _json_label(label: Label) -> dict[str, object]:
    span = label.span
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.start, span.end))
    return {
        "path": span.source.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "words": label.words,
    }


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands that annotate the lines of a pull request."""
    out = []
    for d in sorted(set(diagnostics), key=lambda d: d.order):
        where = {"file": d.path}
        if d.at:
            line, column = d.at.span.source.position(d.at.span.start)
            where = {"file": d.at.span.source.path, "line": str(line), "col": str(column)}
        where["title"] = d.code
        fields = ",".join(f"{k}={escaped(v, ',:')}" for k, v in where.items() if v)
        label = f" ({d.at.words})" if d.at and d.at.words else ""
        hint = f"\nhint: {d.hint}" if d.hint else ""
        # GitHub's word for a note.
        kind = "notice" if d.severity is Severity.NOTE else d.severity.value
        out.append(f"::{kind} {fields}::{escaped(d.headline + label + hint)}\n")
    return "".join(out)


def escaped(text: str, also: str = "") -> str:
    """Text as a workflow command may hold it, in a field or as the message."""
    for c in "%\r\n" + also:
        text = text.replace(c, f"%{ord(c):02X}")
    return text
