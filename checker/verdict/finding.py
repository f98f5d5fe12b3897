"""A violation that was seen to happen: the false statement with its values, and its lines."""

from __future__ import annotations

from checker.verdict.trace import Trace
from model.expr import Value
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the spec and what it has to do with the finding."""

    span: Span
    words: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a property fails, confirmed by laying the design out for these values.

    `statement` is what was false, with its values; `values` the concrete values in the order in
    which they matter; `table` a small table (header first) if it helps; `same` names further
    subjects that fail in the same way; `frontier` says up to where it holds, if that is known.
    """

    aspect: str
    statement: str
    values: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    pins: tuple[tuple[str, Value], ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    subject: str = ""
    """What it is about, such as `eth0.rx[1]`."""
    same: tuple[str, ...] = ()
    frontier: str = ""
    hint: str = ""
    trace: Trace | None = None
    """The run that shows it, where it takes one."""
    unserved_at: tuple[Place, ...] = ()
    """Of a run that leaves something unserved: where it was to be served, and why it is not."""
    reasons: tuple[str, ...] = ()
    """Of such a run: which steps kept it from being served, in sentences."""
    blamed: tuple[Place, ...] = ()
    """Of a run: what a reader has to look at first; other findings say so by their `places`."""

    def first_place(self, path: str) -> Place | None:
        """The place to show it at, if it is to be in this file."""
        every = (*self.blamed, *self.places)
        return next((p for p in every if p.span.source.path == path), None)


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """The solver's values do not show the violation when laid out.

    `spurious` where the question was known to be wider than the property (then it is undecided);
    otherwise the two disagree, and that is a verdict of its own.
    """

    reason: str
    spurious: bool
