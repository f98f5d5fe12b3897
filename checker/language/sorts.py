"""What kinds of values formulas have, and how a formula that has been read carries its kind."""

from __future__ import annotations

from enum import Enum

from checker.diagnostics.diagnostic import Label
from model.expr import Expr, Lit, Tally, Var, children
from model.record import dataclass
from model.span import Span


class Sort(Enum):
    """The kind of a value. POISON: an error in it has been reported already."""

    BOOL = "a condition"
    INT = "a number"
    ROLE = "a role"
    FAMILY = "a queue family"
    POISON = "unknown"


@dataclass(frozen=True, slots=True)
class Typed:
    """A formula with its sort, its size (in nodes, shared ones counted each time) and its depth.

    `foreign` names the param of another file's that it reads, which nobody else may read.
    `declared` is where a value gets its name; of a formula in general it says nothing.
    """

    expr: Expr
    sort: Sort
    size: int = 1
    depth: int = 1
    foreign: str = ""
    declared: Span | None = None


UNKNOWN = Var("?")
"""Stands for a number about which an error has been reported."""
UNKNOWN_BOOL = Var("?", True)
POISON = Typed(UNKNOWN, Sort.POISON)
MAX_SIZE = 10_000
MAX_DEPTH = 150
"""Readers of formulas recurse, with up to four calls a level."""


def number(name: str, declared: Span | None = None) -> Typed:
    """A number of that name."""
    return Typed(Var(name), Sort.INT, declared=declared)


def condition(name: str, declared: Span | None = None) -> Typed:
    """A Boolean of that name."""
    return Typed(Var(name, True), Sort.BOOL, declared=declared)


def tally(where: Expr, below: Expr | None = None, size: int = 1) -> Typed:
    """How many queues satisfy a condition."""
    return Typed(Tally(where, below), Sort.INT, size + 2, 3)


def literal(value: bool | int) -> Typed:
    """A constant."""
    return Typed(Lit(value), Sort.BOOL if isinstance(value, bool) else Sort.INT)


def quoted(span: Span) -> str:
    """The text at a place, on one line and cut short."""
    words = " ".join(span.text.split())
    return f"`{words}`" if len(words) <= 40 else f"`{words[:37]}...`"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Words about a value of the wrong sort."""

    headline: str
    label: Label
    hint: str


def mismatch(span: Span, has: Sort, needs: Sort) -> Mismatch:
    """What to say of a value that is of one sort where another is needed."""
    headline = f"{quoted(span)} is {has.value}, not {needs.value}"
    hints = {
        (Sort.INT, Sort.BOOL): "compare it with something, as in `x != 0`",
        (Sort.BOOL, Sort.INT): "choose a number by it: `c ? 1 : 0`",
    }
    hint = hints.get((has, needs), "")
    if has in (Sort.ROLE, Sort.FAMILY):
        hint = f"{has.value} can only be compared, with `==` and `!=`"
    return Mismatch(headline, Label(span, f"{needs.value} is needed here"), hint)


def measured(e: Expr) -> Typed:
    """A number that was made elsewhere, with its size and depth."""
    size, depth = _measure(e, {})
    return Typed(e, Sort.INT, size, depth)


def _measure(e: Expr, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    if id(e) not in known:
        inside = [_measure(x, known) for x in children(e)]
        size = 1 + sum(s for s, _ in inside)
        known[id(e)] = (size, 1 + max((d for _, d in inside), default=0))
    return known[id(e)]
