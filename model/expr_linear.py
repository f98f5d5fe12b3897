"""Whether a formula is linear in one of its names, and with which factor."""

from __future__ import annotations

from model.expr import Add, Expr, Ite, Lit, Mul, Undefined, Var, add, free, ite, mul, value


def constant(e: Expr) -> int | None:
    """The value of a formula that reads no names; None if it reads some or has no value."""
    if isinstance(e, Lit):
        return e.value
    if free(e):
        return None
    try:
        return value(e, {})
    except (Undefined, TypeError):  # A tally has no value of its own.
        return None


def linear_in(e: Expr, name: str) -> tuple[int, Expr] | None:
    """`e` as `factor * name + rest`, with a constant factor and a rest that does not read `name`.

    None if it has no such form. The factor is 0 where `e` does not read `name` at all.
    """
    match e:
        case Var(n) if n == name:
            return 1, Lit(0)
        case _ if name not in free(e):
            return 0, e
        case Add(args):
            return _sum(args, name)
        case Mul(a, b):
            return _product(a, b, name) or _product(b, a, name)
        case Ite(test, a, b) if name not in free(test):
            then, other = linear_in(a, name), linear_in(b, name)
            if then is None or other is None or then[0] != other[0]:
                return None
            return then[0], ite(test, then[1], other[1])
        case _:
            return None


def _sum(args: tuple[Expr, ...], name: str) -> tuple[int, Expr] | None:
    factor, rest = 0, []
    for a in args:
        part = linear_in(a, name)
        if part is None:
            return None
        factor += part[0]
        rest.append(part[1])
    return factor, add(*rest)


def _product(a: Expr, b: Expr, name: str) -> tuple[int, Expr] | None:
    by = constant(a)
    part = linear_in(b, name) if by is not None else None
    if by is None or part is None:
        return None
    return by * part[0], mul(Lit(by), part[1])
