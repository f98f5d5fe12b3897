"""Expressions over named values: what a formula in a design means, once.

Every reader (evaluator, Z3 terms, text) takes these nodes apart with a `match` that ends in
`assert_never`; none adds meaning. Integers are unbounded. `Div` and `Mod` are partial: they are
defined for a divisor of at least 1 and a dividend of at least 0, where C's unsigned arithmetic and
mathematics agree; `partial` lists where else they would be needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from operator import attrgetter, is_
from typing import Any, assert_never

from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Lit:
    """A constant."""

    value: bool | int


@dataclass(frozen=True, slots=True)
class Var:
    """A named value; Boolean or integer."""

    name: str
    is_bool: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    arg: Expr


@dataclass(frozen=True, slots=True)
class And:
    """All of them; true when there are none."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them; false when there are none."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Eq:
    """Equality of two integers or two Booleans."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Less:
    """left < right."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Add:
    """A sum; 0 when there are none."""

    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Mul:
    """A product."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Div:
    """left / right, rounded down; needs right >= 1 and left >= 0."""

    left: Expr
    right: Expr
    origin: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Mod:
    """left % right; needs right >= 1 and left >= 0."""

    left: Expr
    right: Expr
    origin: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ite:
    """`then` if `test` holds, else `other`."""

    test: Expr
    then: Expr
    other: Expr


@dataclass(frozen=True, slots=True)
class Tally:
    """How many queues of the device satisfy `where` (a formula over the facts of a queue `q`).

    With `below`, only those whose index is smaller than it: the rank of a queue. It is a fact
    about a whole device, and replaced by arithmetic as soon as the device is known.
    """

    where: Expr
    below: Expr | None = None


Expr = Lit | Var | Not | And | Or | Eq | Less | Add | Mul | Div | Mod | Ite | Tally
Value = bool | int

TRUE = Lit(True)
FALSE = Lit(False)


class Undefined(ArithmeticError):
    """A partial operation was evaluated outside its domain."""

    def __init__(self, node: Div | Mod, left: int, right: int) -> None:
        super().__init__(f"{left} {'/' if isinstance(node, Div) else '%'} {right}")
        self.node = node
        self.left = left
        self.right = right


def value(e: Expr, env: Mapping[str, Value]) -> Value:
    """The value of an expression where each name has the value that `env` gives.

    Lazy as a program is: an untaken branch, or what follows the deciding operand of And/Or, is
    not evaluated. Raises `Undefined` outside a partial operation's domain and `KeyError` for a
    name without a value.
    """
    match e:
        case Lit(v):
            return v
        case Var(name):
            return env[name]
        case Not(a):
            return not value(a, env)
        case And(args):
            return all(value(a, env) for a in args)
        case Or(args):
            return any(value(a, env) for a in args)
        case Eq(a, b):
            return value(a, env) == value(b, env)
        case Less(a, b):
            return value(a, env) < value(b, env)
        case Add(args):
            return sum(value(a, env) for a in args)
        case Mul(a, b):
            return value(a, env) * value(b, env)
        case Div() | Mod():
            return divide(e, int(value(e.left, env)), int(value(e.right, env)))
        case Ite(c, a, b):
            return value(a if value(c, env) else b, env)
        case Tally():
            raise TypeError("a tally has a value only for a known device")
        case _:
            assert_never(e)


def divide(e: Div | Mod, left: int, right: int) -> int:
    """What the partial operation gives. Raises `Undefined` outside its domain."""
    if right < 1 or left < 0:
        raise Undefined(e, left, right)
    return left // right if isinstance(e, Div) else left % right


def rebuild(e: Expr, f: Callable[[Expr], Expr]) -> Expr:
    """The same node with `f` applied to its children."""
    match e:
        case Lit() | Var():
            return e
        case Not(a):
            return negate(f(a))
        case And(args):
            return conj(*(f(a) for a in args))
        case Or(args):
            return disj(*(f(a) for a in args))
        case Eq(a, b):
            return equal(f(a), f(b))
        case Less(a, b):
            return less(f(a), f(b))
        case Add(args):
            return add(*(f(a) for a in args))
        case Mul(a, b):
            return mul(f(a), f(b))
        case Div(a, b, origin):
            return Div(f(a), f(b), origin)
        case Mod(a, b, origin):
            return Mod(f(a), f(b), origin)
        case Ite(c, a, b):
            return ite(f(c), f(a), f(b))
        case Tally(where, below):
            return Tally(f(where), None if below is None else f(below))
        case _:
            assert_never(e)


_two, _many = attrgetter("left", "right"), attrgetter("args")
_OPERANDS: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    Lit: lambda _: (),
    Var: lambda _: (),
    Not: lambda e: (e.arg,),
    And: _many,
    Or: _many,
    Add: _many,
    Eq: _two,
    Less: _two,
    Mul: _two,
    Div: _two,
    Mod: _two,
    Ite: lambda e: (e.test, e.then, e.other),
    Tally: lambda e: (e.where,) if e.below is None else (e.where, e.below),
}


def children(e: Expr) -> tuple[Expr, ...]:
    """The direct operands."""
    return _OPERANDS[type(e)](e)  # Asked for so often that a `match` is felt.


def substitute(e: Expr, by: Mapping[str, Expr]) -> Expr:
    """Every variable that `by` names replaced, all at once; the same object where there is none.

    The queue facts (`q.` names) inside a tally's `where` are bound there and stay.
    """
    match e:
        case Lit():
            return e
        case Var(name):
            return by.get(name, e)
        case Tally(where, below):
            outer = {n: x for n, x in by.items() if not n.startswith("q.")}
            return Tally(substitute(where, outer), None if below is None else substitute(below, by))
        case And(args) | Or(args) | Add(args):
            new = [substitute(a, by) for a in args]
            if all(map(is_, new, args)):
                return e
            return (
                conj(*new)
                if isinstance(e, And)
                else (disj(*new) if isinstance(e, Or) else add(*new))
            )
        case _:
            old = children(e)
            changed = [substitute(a, by) for a in old]
            if all(map(is_, changed, old)):
                return e
            following = iter(changed)
            return rebuild(e, lambda _: next(following))  # In the order of `children`.


def walk(e: Expr) -> Iterator[Expr]:
    """The expression and everything inside it, outermost first."""
    todo = [e]
    while todo:
        x = todo.pop()
        yield x
        todo.extend(reversed(children(x)))


def free(e: Expr) -> frozenset[str]:
    """The names that it reads, those inside tallies too."""
    out: set[str] = set()
    todo = [e]
    while todo:
        x = todo.pop()
        if isinstance(x, Var):
            out.add(x.name)
        else:
            todo.extend(children(x))
    return frozenset(out)


def partial(e: Expr, given: Expr = TRUE) -> list[tuple[Expr, Div | Mod]]:
    """Each division inside, with the condition under which it is evaluated (lazily, as `value`)."""
    match e:
        case Div(a, b) | Mod(a, b):
            return [*partial(a, given), *partial(b, given), (given, e)]
        case Ite(c, a, b):
            then, other = conj(given, c), conj(given, negate(c))
            return [*partial(c, given), *partial(a, then), *partial(b, other)]
        case And(args):
            return _partial_chain(args, given, lambda a: a)
        case Or(args):
            return _partial_chain(args, given, negate)
        case _:
            return [p for a in children(e) for p in partial(a, given)]


def _partial_chain(
    args: tuple[Expr, ...], given: Expr, go_on: Callable[[Expr], Expr]
) -> list[tuple[Expr, Div | Mod]]:
    found: list[tuple[Expr, Div | Mod]] = []
    for a in args:
        found += partial(a, given)
        given = conj(given, go_on(a))
    return found


def defined(node: Div | Mod) -> Expr:
    """Where a partial operation has a value: divisor at least 1, dividend at least 0."""
    return conj(less(Lit(0), node.right), negate(less(node.left, Lit(0))))


def always_defined(e: Expr) -> Expr:
    """That each division inside has a value where it is evaluated."""
    return conj(*(implies(c, defined(n)) for c, n in partial(e)))


# Constructors that fold constants, so that what is known stays small.


def _is(e: Expr, v: bool) -> bool:
    return isinstance(e, Lit) and e.value is v


def negate(a: Expr) -> Expr:
    """not a."""
    if isinstance(a, Lit):
        return Lit(not a.value)
    return a.arg if isinstance(a, Not) else Not(a)


def conj(*args: Expr) -> Expr:
    """All of them, flattened."""
    out: list[Expr] = []
    for a in args:
        if _is(a, False):
            # What stands before stays: it is evaluated first, and may be undefined.
            return FALSE if not any(map(_may_fail, out)) else And((*out, FALSE))
        if isinstance(a, And):
            out.extend(a.args)
        elif not _is(a, True):
            out.append(a)
    return TRUE if not out else out[0] if len(out) == 1 else And(tuple(out))


def disj(*args: Expr) -> Expr:
    """Any of them, flattened."""
    out: list[Expr] = []
    for a in args:
        if _is(a, True):
            return TRUE if not any(map(_may_fail, out)) else Or((*out, TRUE))
        if isinstance(a, Or):
            out.extend(a.args)
        elif not _is(a, False):
            out.append(a)
    return FALSE if not out else out[0] if len(out) == 1 else Or(tuple(out))


def _may_fail(e: Expr) -> bool:
    return any(isinstance(x, Div | Mod) for x in walk(e))


def implies(a: Expr, b: Expr) -> Expr:
    """a or not; then b."""
    return disj(negate(a), b)


def equal(a: Expr, b: Expr) -> Expr:
    """a = b."""
    if isinstance(a, Lit) and isinstance(b, Lit):
        return Lit(a.value == b.value)
    return Eq(a, b)


def less(a: Expr, b: Expr) -> Expr:
    """a < b."""
    if isinstance(a, Lit) and isinstance(b, Lit):
        return Lit(a.value < b.value)
    return Less(a, b)


def at_most(a: Expr, b: Expr) -> Expr:
    """a <= b."""
    return negate(less(b, a))


def between(lo: Expr, a: Expr, hi: Expr) -> Expr:
    """lo <= a <= hi."""
    return conj(at_most(lo, a), at_most(a, hi))


def add(*args: Expr) -> Expr:
    """A sum, flattened, its constants added up."""
    out: list[Expr] = []
    known = 0
    for a in args:
        for x in a.args if isinstance(a, Add) else (a,):
            if isinstance(x, Lit):
                known += x.value
            else:
                out.append(x)
    if known or not out:
        out.append(Lit(known))
    return out[0] if len(out) == 1 else Add(tuple(out))


def sub(a: Expr, b: Expr) -> Expr:
    """a - b."""
    return add(a, mul(Lit(-1), b))


def mul(a: Expr, b: Expr) -> Expr:
    """a * b."""
    if isinstance(a, Lit) and isinstance(b, Lit):
        return Lit(a.value * b.value)
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Lit) and x.value == 1:
            return y
        if isinstance(x, Lit) and x.value == 0 and not _may_fail(y):
            return Lit(0)
    return Mul(a, b)


def ite(c: Expr, a: Expr, b: Expr) -> Expr:
    """If c then a else b."""
    if isinstance(c, Lit):
        return a if c.value else b
    return a if a == b and not _may_fail(c) else Ite(c, a, b)


def at_least_zero(a: Expr) -> Expr:
    """The larger of a and 0."""
    if isinstance(a, Lit):
        return Lit(max(0, a.value))
    return Ite(Less(a, Lit(0)), Lit(0), a)


_LEVEL = {"or": 1, "and": 2, "not": 3, "cmp": 4, "add": 5, "mul": 6, "atom": 7}


def text(e: Expr) -> str:
    """The expression as it would be written in a design."""
    return _text(e)[0]


def _paren(e: Expr, level: str) -> str:
    words, own = _text(e)
    return words if _LEVEL[own] >= _LEVEL[level] else f"({words})"


def _text(e: Expr) -> tuple[str, str]:
    match e:
        case Lit(v):
            words = str(v).lower() if isinstance(v, bool) else str(v)
            return words, "atom" if not words.startswith("-") else "add"
        case Var(name):
            return name.removeprefix("param.").removeprefix("type."), "atom"
        case Not(Less(a, b)):
            return f"{_paren(b, 'add')} <= {_paren(a, 'add')}", "cmp"
        case Not(Eq(a, b)):
            return f"{_paren(a, 'add')} != {_paren(b, 'add')}", "cmp"
        case Not(a):
            return f"not {_paren(a, 'atom')}", "not"
        case And(args):
            return " and ".join(_paren(a, "not") for a in args) or "true", "and"
        case Or(args):
            return " or ".join(_paren(a, "and") for a in args) or "false", "or"
        case Eq(a, b):
            return f"{_paren(a, 'add')} == {_paren(b, 'add')}", "cmp"
        case Less(a, b):
            return f"{_paren(a, 'add')} < {_paren(b, 'add')}", "cmp"
        case Add(args):
            return _text_sum(args), "add"
        case Mul(a, b):
            return f"{_paren(a, 'mul')} * {_paren(b, 'atom')}", "mul"
        case Div(a, b):
            return f"{_paren(a, 'mul')} / {_paren(b, 'atom')}", "mul"
        case Mod(a, b):
            return f"{_paren(a, 'mul')} % {_paren(b, 'atom')}", "mul"
        case Ite(c, a, b):
            return f"if {_text(c)[0]} then {_text(a)[0]} else {_text(b)[0]}", "or"
        case Tally(where, None):
            return f"count(q where {_text(where)[0]})", "atom"
        case Tally(where, _):
            return f"rank(q where {_text(where)[0]})", "atom"
        case _:
            assert_never(e)


def _text_sum(args: tuple[Expr, ...]) -> str:
    out = ""
    for a in args:
        minus = False
        match a:
            case Lit(v) if v < 0:
                a, minus = Lit(-v), True
            case Mul(Lit(v), b) if v == -1:
                a, minus = b, True
            case _:
                pass
        words = _paren(a, "mul")
        out += (
            (f" - {words}" if minus else f" + {words}") if out else ("-" if minus else "") + words
        )
    return out or "0"
