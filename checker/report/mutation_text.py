"""What came of the mutants of a design, for people: the score, and what nothing noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.mutation.result import (
    Broken,
    Killed,
    Mutation,
    Survived,
    Tried,
    Undecided,
    fate_name,
)

_COLUMNS = ("killed", "survived", "undecided", "broken", "stillborn", "same")


def text(m: Mutation, color: bool = False, verbose: bool = False) -> str:
    """All of it; `verbose`: also what noticed each mutant, and what makes one stillborn."""
    parts = ["\n".join(_head(m)), "\n".join(_operators(m)), "\n".join(_properties(m))]
    words = dict(m.operators)
    for name in ("broken", "survived", "undecided"):
        parts += [_one(x, words[x.mutant.operator], color) for x in m.with_fate(name)]
    if verbose:
        for name in ("killed", "stillborn"):
            parts += [_one(x, words[x.mutant.operator], color) for x in m.with_fate(name)]
    parts.append(score(m))
    return "\n\n".join(p for p in parts if p)


def score(m: Mutation) -> str:
    """The score in a sentence."""
    if not m.counted:
        return "no mutant could be tried"
    rest = [
        f"{len(m.with_fate(name))} {name}"
        for name in ("survived", "undecided", "broken")
        if m.with_fate(name)
    ]
    more = f" ({', '.join(rest)})" if rest else ""
    plural = "" if m.counted == 1 else "s"
    return f"score: {m.killed} of {m.counted} mutant{plural} killed, {m.percent:.0f}%{more}"


def _head(m: Mutation) -> Iterator[str]:
    several = m.made != len(m.tried)
    plural = "" if m.made == 1 else "s"
    tried = f"{len(m.tried)} of {m.made} mutants tried" if several else f"{m.made} mutant{plural}"
    yield f"{m.path}: {tried}; what holds: {', '.join(m.held)}"
    if m.left_out:
        yield f"  {left_out(m)}"
    other = [f"{name} ({outcome})" for name, outcome in m.original if outcome != "holds"]
    if other:
        yield f"  does not hold without a change, and so cannot notice one: {', '.join(other)}"


def left_out(m: Mutation) -> str:
    """That the score is about the design's own files."""
    more = "1 more change" if m.left_out == 1 else f"{m.left_out} more changes"
    return f"of its own files; with --with-library {more}, of library modules that it uses"


def _operators(m: Mutation) -> list[str]:
    used = [c for c in _COLUMNS if m.with_fate(c)]
    rows = [["operator", "tried", *used, "what it stands for"]]
    for r in m.rows():
        counts = [str(r.count(c) or "-") for c in used]
        rows.append([r.name, str(r.made), *counts, r.words])
    return _table(rows)


def _properties(m: Mutation) -> list[str]:
    rows = [["property", "kills", "alone"]]
    rows += [[name, str(kills), str(alone)] for name, kills, alone in m.kills()]
    return _table(rows)


def _table(rows: list[list[str]]) -> list[str]:
    """Aligned columns: words to the left, numbers to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]

    def cell(row: list[str], k: int) -> str:
        is_number = all(r[k].isdigit() or r[k] == "-" for r in rows[1:])
        return row[k].rjust(widths[k]) if is_number else row[k].ljust(widths[k])

    return ["  " + "  ".join(cell(r, k) for k in range(len(r))).rstrip() for r in rows]


def _one(x: Tried, words: str, color: bool) -> str:
    m = x.mutant
    lines = [f"{fate_name(x.fate)}: {m.path}:{m.line}: {m.operator} (mutant {m.number}): {words}"]
    lines += [f"  {w}" for w in why(x)]
    if not isinstance(x.fate, Killed):
        lines += [f"    {_colored(row, color)}" for row in m.diff.splitlines()[2:]]
    return "\n".join(lines)


def why(x: Tried) -> list[str]:
    """What is to be said about a fate."""
    match x.fate:
        case Killed(by):
            return [f"{k.property} {k.outcome}: {k.statement}" for k in by]
        case Survived(mended, bounded):
            said = [f"holds now: {', '.join(mended)}"] if mended else []
            return said + ([f"searched, not proved: {', '.join(bounded)}"] if bounded else [])
        case Undecided(reasons):
            return list(reasons)
        case Broken(outcome, reason):
            return [f"{outcome}, which is a bug in vqcheck:", *_lines(reason)]
        case _:
            return []


def _lines(reason: str) -> Iterable[str]:
    return (f"  {line}" for line in reason.splitlines())


def _colored(row: str, color: bool) -> str:
    code = {"-": "31", "+": "32"}.get(row[:1])
    return f"\x1b[{code}m{row}\x1b[0m" if color and code else row
