"""A whole run as data, and the forms in which it can be shown, found by scanning this folder.

A module of this folder is a form if its docstring opens with "`--format NAME`: what it is", all on
one line; it then has `render(run, style)`, which returns the text. A form is imported when it is
used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import cast

from checker.report.report import Line, Report
from checker.verdict.verdict import outcome, strength
from model.record import dataclass

_FIRST_LINE = re.compile(r'"""`--format ([a-z]+)`: (.*?)\.?(?:""")?$')
OUTCOMES = ("holds", "violated", "vacuous", "unknown", "skipped", "disagree", "error")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a run was made with: the command, the versions, the options, and when it began."""

    command: str
    started: str
    """ISO 8601, UTC."""
    tell_versions: Callable[[], tuple[tuple[str, str], ...]]
    """They take longer to find out than many a run, and not every form shows them."""
    options: tuple[tuple[str, object], ...]
    """Plain data, in the order in which it is shown."""

    @property
    def versions(self) -> tuple[tuple[str, str], ...]:
        """Of Python, of the solvers, and of the tool's own sources."""
        return self.tell_versions()


@dataclass(frozen=True, slots=True)
class Run:
    """All that one call of a command found, and what it ends with."""

    provenance: Provenance
    reports: tuple[Report, ...]
    exit_code: int
    meaning: str
    """Of the exit code, in words."""

    @property
    def lines(self) -> list[Line]:
        """All properties of all designs."""
        return [line for r in self.reports for line in r.lines]


@dataclass(frozen=True, slots=True)
class Style:
    """How a form for people is to look; forms for machines take no notice."""

    color: bool = False
    quiet: bool = False
    verbose: bool = False
    width: int | None = None
    """Of the terminal; None: there is none."""


Render = Callable[[Run, Style], str]


def forms() -> dict[str, str]:
    """Of each form what it is, sorted by name; nothing is imported."""
    found: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        with path.open(encoding="utf-8") as f:
            m = _FIRST_LINE.match(f.readline().rstrip())
        if m:
            found[m[1]] = m[2]
    return found


def form(name: str) -> Render:
    """The form of that name."""
    return cast("Render", import_module(f"checker.report.{name}").render)


def tally(lines: Iterable[Line]) -> dict[str, int]:
    """How many properties came out how; outcomes that did not occur are left out."""
    found = [outcome(line.verdict) for line in lines]
    return {o: found.count(o) for o in OUTCOMES if o in found}


def counted(lines: Iterable[Line]) -> str:
    """The same in words, with how many of those that hold were searched and not proved."""
    every = list(lines)
    bounded = sum(strength(line.verdict).startswith("bounded") for line in every)
    note = {"holds": f" ({bounded} bounded)" if bounded else ""}
    return ", ".join(f"{n} {word}{note.get(word, '')}" for word, n in tally(every).items())


def unjudged(report: Report) -> list[tuple[str, str]]:
    """The properties that were asked for and have no line, each with the reason."""
    judged = {line.name for line in report.lines}
    why = "the text has errors" if report.is_wrong else "no verdict came back"
    return [(name, why) for name in report.selected if name not in judged]
