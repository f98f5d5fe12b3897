"""Parts of a page of HTML: marked lines of text, values, tags of outcomes, whole files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from checker.report.report import Line
from checker.verdict.finding import Place
from checker.verdict.verdict import outcome
from model.span import Span

_SYMBOLS = {"holds": "✓", "violated": "✗", "skipped": "–"}
_MOST = 12
_CODE = re.compile("`([^`]+)`")


class Texts:
    """The files of a design, each with a number that its anchors start with."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = dict(texts)
        self._numbers = {path: n for n, path in enumerate(self.texts)}

    def anchor(self, path: str, line: int) -> str:
        """Where a line of a file stands on the page; empty if the file is not there."""
        return f"f{self._numbers[path]}-{line}" if path in self._numbers else ""


def attribute(words: str) -> str:
    """Text as it may stand in an attribute."""
    return escape(words, quote=True)


def prose(words: str) -> str:
    """Words of a report; what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(words))


def tag(line: Line) -> str:
    """The outcome, told by a sign, by words and by colour."""
    word = outcome(line.verdict)
    kind = {"holds": "good", "violated": "bad", "disagree": "bad", "error": "bad"}.get(word, "open")
    if line.as_expected and word != "holds":
        kind = "soft"
    elif not line.as_expected and word == "holds":
        kind = "open"
    sign = _SYMBOLS.get(word, "?")
    note = ", as expected" if line.stated and line.as_expected and word != "holds" else ""
    return f'<span class="tag {kind}">{sign} {word}{note}</span>'


def values(some: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names and values."""
    found = list(some)
    if found:
        yield "<dl class='values'>"
        yield from (f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in found)
        yield "</dl>"


def excerpt(places: Iterable[Place], texts: Texts, kind: str = "") -> Iterator[str]:
    """The lines that places stand on, a block a file, marked, with what each contributes."""
    by_path: dict[str, dict[int, list[Place]]] = {}
    every = list({(p.span.source.path, p.span.start): p for p in reversed(list(places))}.values())
    shown = sorted(every, key=lambda p: (p.span.source.path, p.span.start))
    for p in shown if kind == "needed" else shown[:_MOST]:
        by_path.setdefault(p.span.source.path, {}).setdefault(p.span.line, []).append(p)
    for path, rows in by_path.items():
        head = f"<div class='lines {kind}' tabindex='0'><div class='file'>{escape(path)}</div>"
        body = "".join(_row(path, n, here, texts) for n, here in sorted(rows.items()))
        yield f"{head}<pre>{body}</pre></div>"
    if len(every) > _MOST and kind != "needed":
        yield f"<p class='soft'>And {len(every) - _MOST} more places.</p>"


def _row(path: str, number: int, here: list[Place], texts: Texts) -> str:
    span = here[0].span
    text = span.source.line(number)
    pieces, at = [], 0
    for p in sorted(here, key=lambda p: p.span.start):
        start, end = _columns(p.span, text)
        if start >= at:
            pieces += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
            at = end
    pieces.append(escape(text[at:]))
    why = "; ".join(p.words for p in here if p.words)
    note = f'<span class="why">{escape(why)}</span>' if why else ""
    return f'<span class="row">{_number(path, number, texts)}{"".join(pieces)}{note}</span>'


def _columns(span: Span, text: str) -> tuple[int, int]:
    """Where a span stands on its first line."""
    start = span.column - 1
    return start, min(start + span.end - span.start, len(text))


def _number(path: str, number: int, texts: Texts) -> str:
    anchor = texts.anchor(path, number)
    words = f'<a href="#{anchor}">{number}</a>' if anchor else str(number)
    return f'<span class="no">{words}</span>'


def place(span: Span, texts: Texts) -> str:
    """A line of text beside a step, with where it stands."""
    path = span.source.path
    anchor = texts.anchor(path, span.line)
    where = escape(f"{path.rsplit('/', 1)[-1]}:{span.line}")
    link = f'<a href="#{anchor}">{where}</a>' if anchor else where
    text = span.source.line(span.line)
    start, end = _columns(span, text)
    marked = f"{escape(text[:start].lstrip())}<mark>{escape(text[start:end])}</mark>"
    code = f'<code class="code">{marked}{escape(text[end:])}</code>'
    return f'<span class="place"><span class="soft">{link}</span> {code}</span>'


def source(texts: Texts) -> Iterator[str]:
    """All files, folded, each line with its anchor."""
    for path, text in texts.texts.items():
        yield f"<details class='whole'><summary><code>{escape(path)}</code></summary>"
        rows = (
            f'<span class="row" id="{texts.anchor(path, n)}"><span class="no">{n}</span>'
            f"{escape(line)}</span>"
            for n, line in enumerate(text.split("\n"), 1)
        )
        yield f"<div class='lines' tabindex='0'><pre>{''.join(rows)}</pre></div></details>"
