"""What models for other tools share: identifiers for cells, expressions as C writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

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
    Var,
)
from model.kernel.system import Cell

Names = Mapping[str, str]


class NotConcrete(Exception):
    """The system has a fact that is not decided, or a step that chooses a value."""


def identifiers(cells: Iterable[Cell]) -> dict[str, str]:
    """An identifier for each cell; the prefix keeps it apart from the words of Promela and C."""
    out: dict[str, str] = {}
    taken: set[str] = set()
    for c in cells:
        plain = made = "v_" + re.sub(r"[^A-Za-z0-9]+", "_", c.name).strip("_")
        n = 1
        while made in taken:
            n += 1
            made = f"{plain}_{n}"
        taken.add(made)
        out[c.name] = made
    return out


def comment(words: str) -> str:
    """Inside of a comment, on one line."""
    return words.replace("*/", "* /").replace("\n", " ")


def string(words: str) -> str:
    """Inside of a string that is a format too."""
    return re.sub(r'["\\%]', "'", words).replace("\n", " ")


Choice = Callable[[str, str, str], str]
"""The spelling of `test ? then : other`."""


def spelled(e: Expr, names: Names, choice: Choice) -> str:
    """The expression; C and Promela differ in how a choice between values is written."""

    def sub(x: Expr) -> str:
        return spelled(x, names, choice)

    match e:
        case Lit(v):
            return str(int(v)) if v >= 0 else f"({v})"
        case Var(name):
            return names[name]
        case Not(Eq(a, b)):
            return f"({sub(a)} != {sub(b)})"
        case Not(a):
            return f"!{sub(a)}"
        case And(args):
            return "(" + " && ".join(map(sub, args)) + ")" if args else "1"
        case Or(args):
            return "(" + " || ".join(map(sub, args)) + ")" if args else "0"
        case Eq(a, b):
            return f"({sub(a)} == {sub(b)})"
        case Less(a, b):
            return f"({sub(a)} < {sub(b)})"
        case Add(args):
            return "(" + " + ".join(map(sub, args)) + ")" if args else "0"
        case Mul(a, b):
            return f"({sub(a)} * {sub(b)})"
        case Ite(c, a, b):
            return choice(sub(c), sub(a), sub(b))
        case Div() | Mod() | Tally():
            raise TypeError("a step does not divide or count queues")
        case _:
            assert_never(e)
