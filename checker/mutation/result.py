"""What came of each mutant, and the score: plain data."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import unified_diff

from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One replacement in one text of a design."""

    number: int
    """From 1, in the order of the texts."""
    operator: str
    path: str
    """Of the file, as it is shown."""
    line: int
    """Of the first line that is another, from 1."""
    start: int
    end: int
    new: str
    diff: str


@dataclass(frozen=True, slots=True)
class Kill:
    """A property that held and does not any more: its outcome now, and what is false."""

    property: str
    outcome: str
    statement: str


@dataclass(frozen=True, slots=True)
class Killed:
    """Noticed, by these properties."""

    by: tuple[Kill, ...]


@dataclass(frozen=True, slots=True)
class Survived:
    """All that held still holds.

    `mended` are properties that did not hold and do now; `bounded` those that were searched, but
    not proved, for the mutant.
    """

    mended: tuple[str, ...] = ()
    bounded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """Nothing that held is known to fail, but not all of it is known to hold."""

    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stillborn:
    """The text has an error: nobody could have run it."""

    why: str


@dataclass(frozen=True, slots=True)
class Same:
    """Another text, but the same design."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A bug in the tool that the mutant brought to light: `disagree` or `error`, and how."""

    outcome: str
    why: str


Fate = Killed | Survived | Undecided | Stillborn | Same | Broken


def fate_name(fate: Fate) -> str:
    """In one word."""
    return type(fate).__name__.lower()


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant and what came of it."""

    mutant: Mutant
    fate: Fate


@dataclass(frozen=True, slots=True)
class Row:
    """What came of the mutants of one operator."""

    name: str
    words: str
    made: int
    by_fate: tuple[tuple[str, int], ...]

    def count(self, fate: str) -> int:
        """How many have that fate."""
        return dict(self.by_fate).get(fate, 0)


@dataclass(frozen=True, slots=True)
class Mutation:
    """All mutants of a design that were tried."""

    path: str
    inputs: tuple[tuple[str, str], ...]
    """Each text that the design consists of, with its SHA-256."""
    original: tuple[tuple[str, str], ...]
    """Each property that is asked, with its outcome for the design itself."""
    made: int
    """How many mutants there are to be tried; with a limit, more than were."""
    tried: tuple[Tried, ...]
    operators: tuple[tuple[str, str], ...]
    """Each operator that was used, with the defect that it stands for."""
    left_out: int = 0
    """How many more there are, of library modules that the design uses."""

    @property
    def held(self) -> tuple[str, ...]:
        """The properties that can notice something: those that hold for the design itself."""
        return tuple(name for name, outcome in self.original if outcome == "holds")

    def with_fate(self, name: str) -> list[Tried]:
        """Those mutants, in order."""
        return [x for x in self.tried if fate_name(x.fate) == name]

    @property
    def counted(self) -> int:
        """The mutants that the score is about: other designs that somebody could have run."""
        return len(self.tried) - len(self.with_fate("stillborn")) - len(self.with_fate("same"))

    @property
    def killed(self) -> int:
        """Those of them that were noticed."""
        return len(self.with_fate("killed"))

    @property
    def percent(self) -> float:
        """The score. What is undecided or broke off counts, and not as noticed."""
        return 100.0 * self.killed / self.counted if self.counted else 0.0

    @property
    def best(self) -> float:
        """The score if all that is undecided were noticed."""
        some = self.killed + len(self.with_fate("undecided"))
        return 100.0 * some / self.counted if self.counted else 0.0

    def rows(self) -> list[Row]:
        """By operator; those that made nothing are left out."""
        out = []
        for name, words in self.operators:
            mine = [x for x in self.tried if x.mutant.operator == name]
            if mine:
                out.append(Row(name, words, len(mine), _tally(mine)))
        return out

    def kills(self) -> list[tuple[str, int, int]]:
        """Of each property that held: how many mutants it notices, and how many it alone."""
        by = [
            tuple(k.property for k in x.fate.by) for x in self.tried if isinstance(x.fate, Killed)
        ]
        return [(p, sum(p in names for names in by), by.count((p,))) for p in self.held]


def _tally(some: Iterable[Tried]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for x in some:
        name = fate_name(x.fate)
        found[name] = found.get(name, 0) + 1
    return tuple(sorted(found.items()))


def diff_of(path: str, old: str, new: str, context: int = 3) -> str:
    """What is another, as `diff -u` shows it."""
    lines = unified_diff(
        old.splitlines(), new.splitlines(), path, f"{path} (mutant)", n=context, lineterm=""
    )
    return "\n".join(lines)
