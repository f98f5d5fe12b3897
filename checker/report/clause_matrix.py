"""The normative statements of virtio that a design has to do with, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from checker.clauses import CHAPTERS, LINKS, Block, Link, blocks, named
from checker.report.report import Line
from checker.verdict.verdict import Bounded, Holds, Proved, Sampled, outcome
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A block: which properties have to do with it, what is known, and where a text names it."""

    block: Block
    links: tuple[tuple[Link, str], ...]
    named_at: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter: the blocks that something here has to do with, and those outside the model."""

    number: str
    title: str
    rows: tuple[Row, ...]
    outside: tuple[Block, ...]

    @property
    def inside(self) -> tuple[int, int]:
        """How many blocks and statements have to do with what is checked."""
        return len(self.rows), sum(r.block.statements for r in self.rows)

    @property
    def total(self) -> tuple[int, int]:
        """How many blocks and statements there are."""
        count, statements = self.inside
        return count + len(self.outside), statements + sum(b.statements for b in self.outside)


def matrix(lines: Mapping[str, Line], texts: Mapping[str, str]) -> Iterator[Chapter]:
    """The chapters that a comment of the design or of a library program names a section of.

    The chapter on split virtqueues, whose notifications every design is about, always stands here.
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for section, path, line in named(texts):
        found.setdefault(section, []).append((path, line))
    chapters = {".".join(s.split(".")[:2]) for s in found} | {"2.7"}
    for number, title in CHAPTERS.items():
        if number not in chapters:
            continue
        rows, outside = [], []
        for b in (b for b in blocks() if b.chapter == number):
            links = [x for x in LINKS if x.section == b.section]
            if not links and b.section not in found:
                outside.append(b)
                continue
            known = tuple((x, _known(x, lines)) for x in links)
            rows.append(Row(b, known, tuple(found.get(b.section, ()))))
        yield Chapter(number, title, tuple(rows), tuple(outside))


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
