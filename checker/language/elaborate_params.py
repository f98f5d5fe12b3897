"""Parameters of declarations, and the arguments that they are given."""

from __future__ import annotations

from collections.abc import Sequence

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_formulas import Formula
from checker.language.elaborate_names import Reads
from checker.language.resolve import Scope, check_free
from checker.language.sorts import Typed, number
from model.design.device import Interval, Param
from model.expr import Expr, substitute
from model.expr_linear import constant


def parameters(
    scope: Scope, params: Sequence[t.TypeParam], prefix: str, place: str
) -> tuple[dict[str, Typed], tuple[Param, ...]]:
    """The parameters of a declaration, as values (`PREFIX.NAME`) and with their ranges."""
    values: dict[str, Typed] = {}
    made: list[Param] = []
    scope.world.sink.unique((p.name for p in params), "parameter")
    formula = Formula(scope, Reads(f"a range of {place}", values))
    for p in params:
        check_free(scope.world.sink, p.name)
        interval = formula.interval(p.range)
        if p.name.text not in values:
            values[p.name.text] = number(f"{prefix}.{p.name.text}", p.name.span)
            made.append(Param(p.name.text, interval, p.span))
    return values, tuple(made)


def arguments(
    formula: Formula, params: Sequence[Param], args: Sequence[t.Node], prefix: str, what: t.Ident
) -> tuple[tuple[str, Expr], ...]:
    """Each parameter with its argument; constants outside of the range are reported."""
    sink = formula.sink
    given = [formula.number(a) for a in args]
    if len(args) != len(params):
        at = args[0].span.to(args[-1].span) if args else what.span
        places = [Label(p.origin, "an argument") for p in params]
        hint = _how_to_give(what.text, params)
        names = [p.name for p in params]
        sink.arguments(what.text, len(args), names, at, *places, hint=hint)
    known: dict[str, Expr] = {}
    for p, e, node in zip(params, given, args, strict=False):
        lo, hi = substitute(p.range.lo, known), substitute(p.range.hi, known)
        known[f"{prefix}.{p.name}"] = e
        check_inside(formula, e, Interval(lo, hi, p.range.origin), Label(node.span, p.name))
    return tuple((p.name, e) for p, e in zip(params, given, strict=False))


def _how_to_give(name: str, params: Sequence[Param]) -> str:
    """With each range: the names are those of the declaration, and mean nothing in the design."""
    if not params:
        return f"write `{name}` alone"
    shape = ", ".join(p.name for p in params)
    ranges = ", ".join(f"{p.name} in {' '.join(p.range.origin.text.split())}" for p in params)
    each = "" if len(params) == 1 else "each "
    return f"write `{name}({shape})`, {each}a number or a param: {ranges}"


def check_inside(formula: Formula, e: Expr, allowed: Interval, at: Label) -> None:
    """Report a constant outside of a range of constants; `at.words` names what has the range."""
    v, lo, hi = constant(e), constant(allowed.lo), constant(allowed.hi)
    if v is None:
        return
    if (lo is not None and v < lo) or (hi is not None and v > hi):
        words = f"{'' if lo is None else lo}..{'' if hi is None else hi}"
        headline = f"{v} is outside of the range of `{at.words}`, {words}"
        also = Label(allowed.origin, "the range")
        formula.sink.error("VQ0403", headline, at.span, "", also)
