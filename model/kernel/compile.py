"""Steps as Python functions on tuples, for searches that take millions of them.

The same cases as `model.expr.value`, spelled as source text; the two are held against each other by
tests. `Div` and `Mod` do not occur in steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_never

from model.expr import (
    Add,
    And,
    Div,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Mod,
    Mul,
    Not,
    Or,
    Tally,
    Value,
    Var,
)
from model.kernel.system import Step, System

Packed = tuple[Value, ...]
Move = Callable[[Packed], Packed | None]


def source(e: Expr, at: Mapping[str, int]) -> str:
    """The expression as Python over the tuple `s`."""
    match e:
        case Lit(v):
            return repr(v)
        case Var(name):
            return f"s[{at[name]}]"
        case Not(a):
            return f"(not {source(a, at)})"
        case And(args):
            return "(" + " and ".join(source(a, at) for a in args) + ")" if args else "True"
        case Or(args):
            return "(" + " or ".join(source(a, at) for a in args) + ")" if args else "False"
        case Eq(a, b):
            return f"({source(a, at)} == {source(b, at)})"
        case Less(a, b):
            return f"({source(a, at)} < {source(b, at)})"
        case Add(args):
            return "(" + " + ".join(source(a, at) for a in args) + ")" if args else "0"
        case Mul(a, b):
            return f"({source(a, at)} * {source(b, at)})"
        case Ite(c, a, b):
            return f"({source(a, at)} if {source(c, at)} else {source(b, at)})"
        case Div() | Mod() | Tally():
            raise TypeError("a step does not divide or count queues")
        case _:
            assert_never(e)


def places(system: System) -> dict[str, int]:
    """Where each cell is in the tuple."""
    return {c.name: k for k, c in enumerate(system.cells)}


def predicate(e: Expr, at: Mapping[str, int]) -> Callable[[Packed], bool]:
    """A condition as a function."""
    made: Callable[[Packed], bool] = _function(f"lambda s: {source(e, at)}")
    return made


def move(step: Step, at: Mapping[str, int]) -> Move:
    """A step as a function: the next state, or None where it cannot be taken."""
    new = {at[name]: source(e, at) for name, e in step.writes}
    parts = ", ".join(new.get(k, f"s[{k}]") for k in range(len(at)))
    made: Move = _function(f"lambda s: ({parts},) if {source(step.guard, at)} else None")
    return made


def _function(words: str) -> Any:
    # The text is made above from numbers, fixed operators and `s[k]`; none of it is the user's.
    return eval(words, {})
