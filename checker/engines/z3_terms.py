"""Formulas to Z3 terms. The meaning is that of `model.expr.value`; this is only a spelling of it.

A division by a constant is Z3's own. A division by a variable is a pair of fresh integers, quotient
and remainder, with what is known about them; nothing is known where the operation is undefined. The
defining product is kept apart (`products`), because most proofs need only the linear part, and the
solver is fast and complete without products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any, TypeAlias, assert_never

import z3

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
    walk,
)
from model.record import dataclass

# Z3 ships no types; its terms are told apart by the names of what is expected.
Term: TypeAlias = Any
_Division: TypeAlias = tuple[Any, Any, Any]


@dataclass(slots=True)
class Known:
    """What goals of one context share: formulas by identity, with what they read, and constants."""

    formulas: dict[int, tuple[Expr, Term, tuple[Var, ...]]] = field(default_factory=dict)
    variables: dict[str, Term] = field(default_factory=dict)
    numbers: dict[int, Term] = field(default_factory=dict)


class Terms:
    """Translates the formulas of one goal; the same variable or division is the same term.

    `known` may be shared by goals of one obligation: formulas that are one object and have no
    division by a variable are then translated once for all of them.
    """

    def __init__(self, ctx: z3.Context, known: Known | None = None) -> None:
        self.ctx = ctx
        self._ref = ctx.ref()
        self.linear: list[z3.BoolRef] = []
        """Facts about quotients and remainders without products."""
        self.products: list[z3.BoolRef] = []
        """dividend = divisor * quotient + remainder."""
        self._variables: dict[str, Term] = {}
        self._divisions: dict[tuple[Expr, Expr], tuple[z3.ArithRef, z3.ArithRef]] = {}
        self._unknowns: list[tuple[Expr, z3.ArithRef, _Division]] = []
        self._known = known if known is not None else Known()

    def variable(self, v: Var) -> Term:
        """The constant that stands for a variable."""
        found = self._variables.get(v.name)
        if found is None:
            # Two goals of one context may have a name for a truth value here and a number there.
            name = f"{v.name}:{v.is_bool}"
            found = self._known.variables.get(name)
            if found is None:
                found = (z3.Bool if v.is_bool else z3.Int)(v.name, self.ctx)
                self._known.variables[name] = found
            self._variables[v.name] = found
        return found

    def number(self, n: int) -> z3.ArithRef:
        """A number."""
        found = self._known.numbers.get(n)
        if found is None:
            found = self._known.numbers[n] = z3.IntVal(n, self.ctx)
        return found

    @property
    def variables(self) -> dict[str, Term]:
        """All variables met so far."""
        return dict(self._variables)

    def formula(self, e: Expr) -> z3.BoolRef:
        """A Boolean formula."""
        known = self._known.formulas.get(id(e))
        if known is not None and known[0] is e:
            for v in known[2]:
                self.variable(v)
            return known[1]
        made = self.term(e)
        parts = list(walk(e))
        if not any(_is_unknown(x) for x in parts):  # Those have variables of this goal alone.
            reads = tuple(x for x in parts if isinstance(x, Var))
            self._known.formulas[id(e)] = (e, made, reads)
        return made

    def term(self, e: Expr) -> Term:
        """Any expression."""
        match e:
            case Lit(bool(v)):
                return z3.BoolVal(v, self.ctx)
            case Lit(v):
                return self.number(v)
            case Var():
                return self.variable(e)
            case Not(a):
                return self._bool(z3.Z3_mk_not, self.term(a))
            case And(args):
                return self.all_of([self.term(a) for a in args])
            case Or(args):
                if not args:
                    return z3.BoolVal(False, self.ctx)
                return self._many(z3.BoolRef, z3.Z3_mk_or, [self.term(a) for a in args])
            case Eq(a, b):
                return self.same(self.term(a), self.term(b))
            case Less(a, b):
                return self._less(self.term(a), self.term(b))
            case Add(args):
                if not args:
                    return z3.IntVal(0, self.ctx)
                return self._many(z3.ArithRef, z3.Z3_mk_add, [self.term(a) for a in args])
            case Mul(a, b):
                return self._many(z3.ArithRef, z3.Z3_mk_mul, [self.term(a), self.term(b)])
            case Div(a, b):
                return self._division(a, b)[0]
            case Mod(a, b):
                return self._division(a, b)[1]
            case Ite(c, a, b):
                test, then, other = self.term(c), self.term(a), self.term(b)
                made = z3.Z3_mk_ite(self._ref, test.ast, then.ast, other.ast)
                return (z3.BoolRef if z3.is_bool(then) else z3.ArithRef)(made, self.ctx)
            case Tally():
                raise TypeError("a tally must be settled before it is translated")
            case _:
                assert_never(e)

    # The sorts are known here. `z3.And` and its kind look at each operand's sort again, through
    # the library's C interface, which took longer than solving did. Operands have to be held until
    # the call is over: a term that nobody holds is freed.

    def all_of(self, terms: Sequence[Term]) -> z3.BoolRef:
        """All of them."""
        if not terms:
            return z3.BoolVal(True, self.ctx)
        return self._many(z3.BoolRef, z3.Z3_mk_and, terms)

    def same(self, a: Term, b: Term) -> z3.BoolRef:
        """Equality of two terms of one sort."""
        return self._bool(z3.Z3_mk_eq, a, b)

    def _bool(self, make: Any, *terms: Term) -> z3.BoolRef:
        return z3.BoolRef(make(self._ref, *[t.ast for t in terms]), self.ctx)

    def _many(self, kind: Any, make: Any, terms: Sequence[Term]) -> Term:
        array = (z3.Ast * len(terms))(*[t.ast for t in terms])
        return kind(make(self._ref, len(terms), array), self.ctx)

    def _int(self, e: Expr) -> z3.ArithRef:
        return self.term(e)

    def _division(self, a: Expr, b: Expr) -> tuple[z3.ArithRef, z3.ArithRef]:
        key = (a, b)
        if key not in self._divisions:
            x, d = self._int(a), self._int(b)
            self._divisions[key] = (
                (x / d, x % d) if isinstance(b, Lit) and b.value >= 1 else self._unknown(b, x, d)
            )
        return self._divisions[key]

    def _unknown(self, b: Expr, x: z3.ArithRef, d: z3.ArithRef) -> tuple[z3.ArithRef, z3.ArithRef]:
        n = len(self._divisions)
        q, r = z3.Int(f"quotient.{n}", self.ctx), z3.Int(f"remainder.{n}", self.ctx)
        zero, one = self.number(0), self.number(1)
        defined = self.all_of([self._at_most(one, d), self._at_most(zero, x)])
        small, large = self._less(x, d), self._at_most(d, x)
        known = [
            self._at_most(zero, r), self._less(r, d), self._at_most(r, x),
            self._at_most(zero, q), self._at_most(q, x),
            self.implies(small, self.all_of([self.same(q, zero), self.same(r, x)])),
            self.implies(
                large, self.all_of([self._at_most(one, q), self._at_most(r, self._minus(x, d))])
            ),
            self.implies(self.same(d, one), self.all_of([self.same(q, x), self.same(r, zero)])),
        ]  # fmt: skip
        self.linear.append(self.implies(defined, self.all_of(known)))
        product = self._many(z3.ArithRef, z3.Z3_mk_mul, [d, q])
        whole = self._many(z3.ArithRef, z3.Z3_mk_add, [product, r])
        self.products.append(self.implies(defined, self.same(x, whole)))
        for other, e, (y, p, s) in self._unknowns:
            if other == b:
                both = self.all_of([defined, self._at_most(zero, y)])
                self.linear.append(self.implies(both, self._two((x, q, r), (y, p, s), d)))
            # Whatever a division is where it is undefined, it is so for equal operands.
            alike = self.all_of([self.same(d, e), self.same(x, y)])
            equal = self.all_of([self.same(q, p), self.same(r, s)])
            self.linear.append(self.implies(alike, equal))
        self._unknowns.append((b, d, (x, q, r)))
        return q, r

    def _two(self, one: _Division, other: _Division, d: z3.ArithRef) -> z3.BoolRef:
        """What follows for x = d*q + r and y = d*p + s with the same divisor."""
        (x, q, r), (y, p, s) = one, other
        up = self._minus(self._many(z3.ArithRef, z3.Z3_mk_add, [d, s]), r)
        down = self._minus(self._many(z3.ArithRef, z3.Z3_mk_add, [d, r]), s)
        return self.all_of(
            [
                self.implies(self.same(q, p), self.same(self._minus(x, y), self._minus(r, s))),
                self.implies(self._less(x, y), self._at_most(q, p)),
                self.implies(self._less(y, x), self._at_most(p, q)),
                self.implies(self._less(q, p), self._at_most(up, self._minus(y, x))),
                self.implies(self._less(p, q), self._at_most(down, self._minus(x, y))),
            ]
        )

    def implies(self, a: Term, b: Term) -> z3.BoolRef:
        """If a, then b."""
        return self._bool(z3.Z3_mk_implies, a, b)

    def _less(self, a: Term, b: Term) -> z3.BoolRef:
        return self._bool(z3.Z3_mk_lt, a, b)

    def _at_most(self, a: Term, b: Term) -> z3.BoolRef:
        return self._bool(z3.Z3_mk_le, a, b)

    def _minus(self, a: Term, b: Term) -> z3.ArithRef:
        return self._many(z3.ArithRef, z3.Z3_mk_sub, [a, b])


def _is_unknown(e: Expr) -> bool:
    """A division whose quotient and remainder are variables of their own."""
    return isinstance(e, Div | Mod) and not (isinstance(e.right, Lit) and e.right.value >= 1)
