"""The normative statements of virtio that a design has to do with, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import assert_never

from checker.clauses import CHAPTERS, LINKS, Block, Link, blocks, named
from checker.report.page_parts import Texts
from checker.report.report import Line
from checker.verdict.verdict import Bounded, Holds, Proved, Sampled, outcome

_Names = Mapping[str, list[tuple[str, int]]]


def clauses(lines: Mapping[str, Line], texts: Texts) -> Iterator[str]:
    """A row for each normative block that a property or the text has to do with, by chapter.

    A chapter stands here if a comment of the design or of a library program names a section of it;
    the chapter on split virtqueues, whose notifications every design is about, always does.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for section, path, line in named(texts.texts):
        found.setdefault(section, []).append((path, line))
    chapters = {".".join(s.split(".")[:2]) for s in found} | {"2.7"}
    for chapter, title in CHAPTERS.items():
        if chapter in chapters:
            yield from _chapter(chapter, title, lines, found, texts)


def _chapter(
    chapter: str, title: str, lines: Mapping[str, Line], found: _Names, texts: Texts
) -> Iterator[str]:
    every = [b for b in blocks() if b.chapter == chapter]
    inside = [b for b in every if _is_linked(b) or b.section in found]
    total = sum(b.statements for b in every)
    has = sum(b.statements for b in inside)
    yield f"<h3>{chapter}, {escape(title)}</h3>"
    yield (
        f"<p>{total} normative statements in {len(every)} blocks; {len(inside)} blocks with {has} "
        "statements have to do with what is checked here, the others are outside the model.</p>"
    )
    if inside:
        yield "<table class='stack'><thead><tr><th>section</th><th>binds</th><th>statements</th>"
        yield "<th>about</th><th>property</th><th>known here</th></tr></thead><tbody>"
        for b in inside:
            yield _row(b, lines, found, texts)
        yield "</tbody></table>"
    outside = [b for b in every if b not in inside]
    if outside:
        yield f"<details><summary>Outside the model: {len(outside)}</summary><ul>"
        yield from (f"<li>{_words(b)}</li>" for b in outside)
        yield "</ul></details>"


def _is_linked(b: Block) -> bool:
    return any(x.section == b.section for x in LINKS)


def _words(b: Block) -> str:
    return f"{b.section}, {b.side}: {escape(b.title)} ({b.statements})"


def _row(b: Block, lines: Mapping[str, Line], found: _Names, texts: Texts) -> str:
    links = [x for x in LINKS if x.section == b.section]
    properties = "<br>".join(
        f"<code>{x.property}</code> {x.how} it: {escape(x.words)}" for x in links
    )
    said = [(x.property, _known(x, lines)) for x in links]
    known = "<br>".join(escape(k if len(said) == 1 else f"{p}: {k}") for p, k in said)
    places = ", ".join(_place(path, line, texts) for path, line in found.get(b.section, []))
    about = escape(b.title) + (f"<br><span class='soft'>named at {places}</span>" if places else "")
    cells = (b.section, b.side, str(b.statements), about, properties, known)
    return "<tr>" + "\n".join(f"<td>{c}</td>" for c in cells) + "</tr>"


def _known(link: Link, lines: Mapping[str, Line]) -> str:
    """What is known of a statement, by the property that it is linked to."""
    line = lines.get(link.property)
    if line is None:
        return "not asked"
    if link.how == "rests on":
        return "taken for granted"
    match line.verdict:
        case Holds(how):
            return _how(how)
        case v:
            return outcome(v)


def _how(how: Proved | Bounded | Sampled) -> str:
    match how:
        case Proved():
            return "proved"
        case Bounded():
            return "searched"
        case Sampled():
            return "tried at random"
        case _:
            assert_never(how)


def _place(path: str, line: int, texts: Texts) -> str:
    anchor = texts.anchor(path, line)
    where = escape(f"{path.rsplit('/', 1)[-1]}:{line}")
    return f'<a href="#{anchor}">{where}</a>' if anchor else where
