"""The normative statements of virtio that a design has to do with, as part of the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from checker.clauses import Block
from checker.report.clause_matrix import Chapter, Row, matrix
from checker.report.page_parts import Texts
from checker.report.report import Line


def clauses(lines: Mapping[str, Line], texts: Texts) -> Iterator[str]:
    """A row for each normative block that a property or the text has to do with, by chapter."""
    for chapter in matrix(lines, texts.texts):
        yield from _chapter(chapter, texts)


def _chapter(c: Chapter, texts: Texts) -> Iterator[str]:
    (every, total), (inside, has) = c.total, c.inside
    yield f"<h3>{c.number}, {escape(c.title)}</h3>"
    yield (
        f"<p>{total} normative statements in {every} blocks; {inside} blocks with {has} "
        "statements have to do with what is checked here, the others are outside the model.</p>"
    )
    if c.rows:
        yield "<table class='stack'><thead><tr><th>section</th><th>binds</th><th>statements</th>"
        yield "<th>about</th><th>property</th><th>known here</th></tr></thead><tbody>"
        for row in c.rows:
            yield _row(row, texts)
        yield "</tbody></table>"
    if c.outside:
        yield f"<details><summary>Outside the model: {len(c.outside)}</summary><ul>"
        yield from (f"<li>{_words(b)}</li>" for b in c.outside)
        yield "</ul></details>"


def _words(b: Block) -> str:
    return f"{b.section}, {b.side}: {escape(b.title)} ({b.statements})"


def _row(row: Row, texts: Texts) -> str:
    b = row.block
    properties = "<br>".join(
        f"<code>{x.property}</code> {x.how} it: {escape(x.words)}" for x, _ in row.links
    )
    known = "<br>".join(
        escape(k if len(row.links) == 1 else f"{x.property}: {k}") for x, k in row.links
    )
    places = ", ".join(_place(path, line, texts) for path, line in row.named_at)
    about = escape(b.title) + (f"<br><span class='soft'>named at {places}</span>" if places else "")
    cells = (b.section, b.side, str(b.statements), about, properties, known)
    return "<tr>" + "\n".join(f"<td>{c}</td>" for c in cells) + "</tr>"


def _place(path: str, line: int, texts: Texts) -> str:
    anchor = texts.anchor(path, line)
    where = escape(f"{path.rsplit('/', 1)[-1]}:{line}")
    return f'<a href="#{anchor}">{where}</a>' if anchor else where
