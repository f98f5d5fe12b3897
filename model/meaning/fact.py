"""What a proof may rely on: facts with a name, each leading to the text that says so."""

from __future__ import annotations

from model.design.design import Design
from model.expr import Expr, Var, between, free
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that holds, under a name; `origin` is the text that says so, if any does."""

    name: str
    formula: Expr
    origin: Span | None = None


def design_facts(design: Design) -> list[Fact]:
    """Ranges of the parameters, and what the design assumes about them."""
    facts = [
        Fact(
            f"param {p.name}",
            between(p.range.lo, Var(f"param.{p.name}"), p.range.hi),
            p.origin,
        )
        for p in design.params
    ]
    for k, a in enumerate(design.assumes):
        if all(n.startswith("param.") for n in free(a.formula)):
            facts.append(Fact(f"assume {k + 1}", a.formula, a.origin))
    return facts
