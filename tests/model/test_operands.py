"""Operands of expressions, which a table gives for each class."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from model.expr import (
    _OPERANDS,
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
    children,
)


def test_every_node_has_its_operands() -> None:
    """The table has a row for each class, and gives what the fields hold, in their order."""
    x, y, z = Var("x"), Var("y"), Var("z", True)
    for e in (
        Lit(1), x, Not(z), And((z, z)), Or((z,)), Eq(x, y), Less(x, y), Add((x, y)), Mul(x, y),
        Div(x, y), Mod(x, y), Ite(z, x, y), Tally(z), Tally(z, x),
    ):  # fmt: skip
        held = [getattr(e, f.name) for f in fields(e)]
        flat = [a for h in held for a in (h if isinstance(h, tuple) else (h,))]
        assert children(e) == tuple(a for a in flat if isinstance(a, get_args(Expr)))
    assert set(_OPERANDS) == set(get_args(Expr))
