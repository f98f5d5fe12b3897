"""Formulas to Z3 terms. The meaning is that of `model.expr.value`; this is only a spelling of it.

A division by a constant is Z3's own. A division by a variable is a pair of fresh integers, quotient
and remainder, with what is known about them; nothing is known where the operation is undefined. The
defining product is kept apart (`products`), because most proofs need only the linear part, and the
solver is fast and complete without products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from ctypes import CFUNCTYPE, c_uint, c_void_p, cast
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


def _call(name: str, *takes: Any, gives: Any = c_void_p) -> Any:
    """A function of Z3's C interface, with handles as numbers.

    Z3's Python interface makes an object of each term, counts it, and asks after errors three times
    a term, which took longer than solving did.
    """
    # The library's handle is not kept by the interface; each of its functions has the address.
    theirs = cast(getattr(z3.z3core, name).__defaults__[0].f, c_void_p)
    return CFUNCTYPE(gives, c_void_p, *takes)(theirs.value or 0)


_MANY = (c_uint, c_void_p)
_INC, _DEC = (_call(f"Z3_{x}_ref", c_void_p, gives=None) for x in ("inc", "dec"))
_TRUE, _FALSE = _call("Z3_mk_true"), _call("Z3_mk_false")
_NOT = _call("Z3_mk_not", c_void_p)
_EQ, _LESS, _AT_MOST, _IMPLIES, _DIV, _MOD = (
    _call(f"Z3_mk_{x}", c_void_p, c_void_p) for x in ("eq", "lt", "le", "implies", "div", "mod")
)
_ITE = _call("Z3_mk_ite", c_void_p, c_void_p, c_void_p)
_AND, _OR, _ADD, _MUL, _MINUS = (
    _call(f"Z3_mk_{x}", *_MANY) for x in ("and", "or", "add", "mul", "sub")
)


def _of(term: Term) -> int:
    return term.ast.value  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class _Division:
    """Dividend, divisor, quotient and remainder, where the divisor is no number."""

    dividend: z3.ArithRef
    divisor: z3.ArithRef
    quotient: z3.ArithRef
    remainder: z3.ArithRef

    @property
    def handles(self) -> tuple[int, int, int, int]:
        """All four."""
        every = self.dividend, self.divisor, self.quotient, self.remainder
        return _of(every[0]), _of(every[1]), _of(every[2]), _of(every[3])


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
        self._context: int = self._ref.value
        self._made: list[int] = []
        """Parts of the term that is being made."""
        self.linear: list[z3.BoolRef] = []
        """Facts about quotients and remainders without products."""
        self.products: list[z3.BoolRef] = []
        """dividend = divisor * quotient + remainder."""
        self._variables: dict[str, Term] = {}
        self._divisions: dict[tuple[Expr, Expr], tuple[z3.ArithRef, z3.ArithRef]] = {}
        self._unknowns: list[tuple[Expr, _Division]] = []
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
        made = self._held(z3.BoolRef, lambda: self._handle(e))
        parts = list(walk(e))
        if not any(_is_unknown(x) for x in parts):  # Those have variables of this goal alone.
            reads = tuple(x for x in parts if isinstance(x, Var))
            self._known.formulas[id(e)] = (e, made, reads)
        return made

    def term(self, e: Expr) -> Term:
        """Any expression."""
        return self._held(z3.BoolRef if _is_bool(e) else z3.ArithRef, lambda: self._handle(e))

    def _held(self, kind: Any, make: Callable[[], int]) -> Term:
        """The term as an object of Z3's Python interface, which holds it and so its parts."""
        outer, self._made = self._made, []
        try:
            return self._object(kind, make())
        finally:
            for part in self._made:
                _DEC(self._context, part)
            self._made = outer

    def _object(self, kind: Any, handle: int) -> Term:
        return kind(z3.Ast.from_buffer_copy(c_void_p(handle)), self.ctx)

    def _handle(self, e: Expr) -> int:
        match e:
            case Lit(bool(v)):
                return self._new(_TRUE(self._context) if v else _FALSE(self._context))
            case Lit(v):
                return self._number(v)
            case Var():
                return _of(self.variable(e))
            case Not(a):
                return self._new(_NOT(self._context, self._handle(a)))
            case And(args):
                return self._many(_AND, map(self._handle, args))
            case Or(args):
                return self._many(_OR, map(self._handle, args))
            case Eq(a, b):
                return self._two(_EQ, self._handle(a), self._handle(b))
            case Less(a, b):
                return self._two(_LESS, self._handle(a), self._handle(b))
            case Add(args):
                return self._many(_ADD, map(self._handle, args)) if args else self._number(0)
            case Mul(a, b):
                return self._many(_MUL, map(self._handle, (a, b)))
            case Div(a, b):
                return self._division(a, b)[0]
            case Mod(a, b):
                return self._division(a, b)[1]
            case Ite(c, a, b):
                test, then, other = self._handle(c), self._handle(a), self._handle(b)
                return self._new(_ITE(self._context, test, then, other))
            case Tally():
                raise TypeError("a tally must be settled before it is translated")
            case _:
                assert_never(e)

    def _number(self, n: int) -> int:
        return _of(self.number(n))

    def _two(self, make: Any, a: int, b: int) -> int:
        return self._new(make(self._context, a, b))

    def _many(self, make: Any, handles: Iterable[int]) -> int:
        some = tuple(handles)
        return self._new(make(self._context, len(some), (c_void_p * len(some))(*some)))

    def _all(self, *handles: int) -> int:
        return self._many(_AND, handles)

    def _new(self, handle: int | None) -> int:
        """Hold what was made, until what it is a part of holds it."""
        if not handle:
            z3.z3core.Z3_get_error_code(self._ref)  # Its check raises with Z3's words.
            raise z3.Z3Exception("no term was made")
        _INC(self._context, handle)
        self._made.append(handle)
        return handle

    def all_of(self, terms: Sequence[Term]) -> z3.BoolRef:
        """All of them."""
        return self._held(z3.BoolRef, lambda: self._many(_AND, map(_of, terms)))

    def same(self, a: Term, b: Term) -> z3.BoolRef:
        """Equality of two terms of one sort."""
        return self._held(z3.BoolRef, lambda: self._two(_EQ, _of(a), _of(b)))

    def implies(self, a: Term, b: Term) -> z3.BoolRef:
        """If a, then b."""
        return self._held(z3.BoolRef, lambda: self._two(_IMPLIES, _of(a), _of(b)))

    def _division(self, a: Expr, b: Expr) -> tuple[int, int]:
        key = (a, b)
        if key not in self._divisions:
            x, d = self._handle(a), self._handle(b)
            if isinstance(b, Lit) and b.value >= 1:
                both = self._two(_DIV, x, d), self._two(_MOD, x, d)
                q, r = (self._object(z3.ArithRef, h) for h in both)
            else:
                n = len(self._divisions)
                q, r = (z3.Int(f"{x}.{n}", self.ctx) for x in ("quotient", "remainder"))
                dividend, divisor = (self._object(z3.ArithRef, h) for h in (x, d))
                self._unknown(b, _Division(dividend, divisor, q, r))
            self._divisions[key] = q, r
        return _of(self._divisions[key][0]), _of(self._divisions[key][1])

    def _fact(self, into: list[z3.BoolRef], *premises: int, then: int) -> None:
        made = self._two(_IMPLIES, self._all(*premises), then)
        into.append(self._object(z3.BoolRef, made))

    def _unknown(self, b: Expr, made: _Division) -> None:
        """What is known of a quotient and a remainder that are variables of their own."""
        x, d, q, r = made.handles
        zero, one = self._number(0), self._number(1)

        def if_so(premise: int, *then: int) -> int:
            return self._two(_IMPLIES, premise, self._all(*then))

        def eq(a: int, b: int) -> int:
            return self._two(_EQ, a, b)

        def le(a: int, b: int) -> int:
            return self._two(_AT_MOST, a, b)

        defined = le(one, d), le(zero, x)
        known = self._all(
            le(zero, r), self._two(_LESS, r, d), le(r, x), le(zero, q), le(q, x),
            if_so(self._two(_LESS, x, d), eq(q, zero), eq(r, x)),
            if_so(le(d, x), le(one, q), le(r, self._many(_MINUS, (x, d)))),
            if_so(eq(d, one), eq(q, x), eq(r, zero)),
        )  # fmt: skip
        self._fact(self.linear, *defined, then=known)
        whole = self._many(_ADD, (self._many(_MUL, (d, q)), r))
        self._fact(self.products, *defined, then=eq(x, whole))
        for other, before in self._unknowns:
            y, e, p, s = before.handles
            if other == b:
                alike = self._of_one_divisor(d, (x, q, r), (y, p, s))
                self._fact(self.linear, *defined, le(zero, y), then=alike)
            # Whatever a division is where it is undefined, it is so for equal operands.
            self._fact(self.linear, eq(d, e), eq(x, y), then=self._all(eq(q, p), eq(r, s)))
        self._unknowns.append((b, made))

    def _of_one_divisor(
        self, d: int, one: tuple[int, int, int], other: tuple[int, int, int]
    ) -> int:
        """What follows for x = d*q + r and y = d*p + s with the same divisor."""
        (x, q, r), (y, p, s) = one, other

        def minus(a: int, b: int) -> int:
            return self._many(_MINUS, (a, b))

        def if_so(make: Any, a: int, b: int, then: int) -> int:
            return self._two(_IMPLIES, self._two(make, a, b), then)

        up = minus(self._many(_ADD, (d, s)), r)
        down = minus(self._many(_ADD, (d, r)), s)
        return self._all(
            if_so(_EQ, q, p, self._two(_EQ, minus(x, y), minus(r, s))),
            if_so(_LESS, x, y, self._two(_AT_MOST, q, p)),
            if_so(_LESS, y, x, self._two(_AT_MOST, p, q)),
            if_so(_LESS, q, p, self._two(_AT_MOST, up, minus(y, x))),
            if_so(_LESS, p, q, self._two(_AT_MOST, down, minus(x, y))),
        )


def _is_unknown(e: Expr) -> bool:
    """A division whose quotient and remainder are variables of their own."""
    return isinstance(e, Div | Mod) and not (isinstance(e.right, Lit) and e.right.value >= 1)


def _is_bool(e: Expr) -> bool:
    while isinstance(e, Ite):
        e = e.then
    return (
        isinstance(e, And | Or | Not | Eq | Less)
        or (isinstance(e, Lit) and isinstance(e.value, bool))
        or (isinstance(e, Var) and e.is_bool)
    )
