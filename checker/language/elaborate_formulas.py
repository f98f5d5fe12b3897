"""Formulas: sorts checked, and the expression that they mean."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import assert_never

from checker.diagnostics.diagnostic import Label
from checker.language import tree as t
from checker.language.elaborate_names import TALLY, Domain, Names, Reads
from checker.language.resolve import Scope, is_poison
from checker.language.sorts import (
    MAX_DEPTH,
    MAX_SIZE,
    POISON,
    UNKNOWN,
    UNKNOWN_BOOL,
    Sort,
    Typed,
    mismatch,
    tally,
)
from model.design.device import Interval
from model.expr import (
    Add,
    And,
    Div,
    Expr,
    Lit,
    Mod,
    Or,
    Var,
    add,
    at_most,
    conj,
    disj,
    equal,
    ite,
    less,
    mul,
    negate,
    sub,
)
from model.expr_linear import constant
from model.span import Span

_FUNCTIONS = ("min", "max", "rank", "count")


class Formula:
    """Reads formulas of one place: the names that it may read are the same for all of them."""

    def __init__(self, scope: Scope, reads: Reads) -> None:
        self.scope = scope
        self.reads = reads
        self.sink = scope.world.sink
        self.names = Names(scope, reads)

    # What the rest of the language asks for

    def number(self, node: t.Node) -> Expr:
        """The formula as a number; a stand-in, if an error was reported."""
        typed = self.typed(node)
        return typed.expr if self._is(typed, Sort.INT, node.span) else UNKNOWN

    def condition(self, node: t.Node | None) -> Expr:
        """The formula as a condition; true if there is none."""
        if node is None:
            return Lit(True)
        typed = self.typed(node)
        return typed.expr if self._is(typed, Sort.BOOL, node.span) else UNKNOWN_BOOL

    def constant(self, node: t.Node, what: str) -> int | None:
        """A number that reads no names; None, reported, if it is something else."""
        e = self.number(node)
        if e == UNKNOWN:
            return None
        value = constant(e)
        if value is None:
            headline = f"{what} must be a constant"
            hint = "it cannot depend on a parameter"
            self.sink.error("VQ0308", headline, node.span, hint)
        return value

    def interval(self, node: t.Node | t.Range) -> Interval:
        """`a..b`, or one number as the interval that holds only it."""
        if not isinstance(node, t.Range):
            e = self.number(node)
            return Interval(e, e, node.span)
        made = Interval(self.number(node.lo), self.number(node.hi), node.span)
        self.check_order(made)
        return made

    def check_order(self, interval: Interval) -> None:
        """Report an interval that is empty whatever the parameters are."""
        lo, hi = constant(interval.lo), constant(interval.hi)
        if lo is not None and hi is not None and hi < lo:
            headline = f"the range {lo}..{hi} is empty"
            hint = f"did you mean {hi}..{lo}?"
            self.sink.error("VQ0401", headline, interval.origin, hint)

    def at_least(self, e: Expr, least: int, what: str, span: Span) -> None:
        """Report a constant that is too small."""
        value = constant(e)
        if value is not None and value < least:
            ends = re.fullmatch(r"(\d+)\s*-\s*(\d+)", span.text)
            hint = f"a range is `{ends[1]}..{ends[2]}`" if ends else ""
            self.sink.error("VQ0403", f"{what} is {value}; it is at least {least}", span, hint)

    def _is(self, typed: Typed, sort: Sort, span: Span) -> bool:
        if typed.sort is sort:
            return True
        if typed.sort is not Sort.POISON:
            wrong = mismatch(span, typed.sort, sort)
            self.sink.error("VQ0301", wrong.headline, wrong.label, wrong.hint)
        return False

    # Nodes

    def typed(self, node: t.Node, domain: Domain | None = None) -> Typed:
        """The formula and its sort; poison if an error was reported."""
        match node:
            case t.Number(value):
                return Typed(Lit(value), Sort.INT)
            case t.Name():
                named = self.names.of_domain(node, domain) if domain else None
                return named or self.names.name(node)
            case t.Attribute():
                return self.names.attribute(node)
            case t.Peek():
                return self.names.peek(node)
            case t.Call():
                return self._call(node)
            case t.TallyCall():
                return self._tally(node)
            case t.Unary():
                return self._unary(node)
            case t.Binary(op):
                if op in ("and", "or"):
                    return self._logic(node)
                return self._arithmetic(node) if op in "+-*/%" else self._compare(node)
            case t.Conditional():
                return self._conditional(node, domain)
            case _:
                assert_never(node)

    def _made(self, span: Span, e: Expr, sort: Sort, size: int, depth: int) -> Typed:
        if size <= MAX_SIZE and depth <= MAX_DEPTH:
            return Typed(e, sort, size, depth)
        how = f"{size:,} terms" if size > MAX_SIZE else f"nested {depth} deep"
        headline = f"the formula is too large: {how}, with its `let`s filled in"
        hint = f"at most {MAX_SIZE:,} terms, nested {MAX_DEPTH} deep"
        self.sink.error("VQ0310", headline, span, hint)
        return POISON

    def _unary(self, node: t.Unary) -> Typed:
        a = self.typed(node.arg)
        sort = Sort.BOOL if node.op == "not" else Sort.INT
        if not self._is(a, sort, node.arg.span):
            return POISON
        e = negate(a.expr) if sort is Sort.BOOL else mul(Lit(-1), a.expr)
        return self._made(node.span, e, sort, a.size + 2, a.depth + 1)

    def _pair(self, node: t.Binary, sort: Sort) -> tuple[Typed, Typed] | None:
        a, b = self.typed(node.left), self.typed(node.right)
        fits = [self._is(a, sort, node.left.span), self._is(b, sort, node.right.span)]
        return (a, b) if all(fits) else None

    def _logic(self, node: t.Binary) -> Typed:
        pair = self._pair(node, Sort.BOOL)
        if pair is None:
            return POISON
        a, b = pair
        e = conj(a.expr, b.expr) if node.op == "and" else disj(a.expr, b.expr)
        flat = isinstance(a.expr, And if node.op == "and" else Or)
        depth = max(a.depth + (not flat), b.depth + 1)
        return self._made(node.span, e, Sort.BOOL, a.size + b.size + 1, depth)

    def _arithmetic(self, node: t.Binary) -> Typed:
        pair = self._pair(node, Sort.INT)
        if pair is None:
            return POISON
        a, b = pair
        depth = max(a.depth, b.depth) + 1
        match node.op:
            case "+" | "-":
                e = add(a.expr, b.expr) if node.op == "+" else sub(a.expr, b.expr)
                depth = max(a.depth + (not isinstance(a.expr, Add)), b.depth + 2)
            case "*":
                e = mul(a.expr, b.expr)
            case _:
                divisor = constant(b.expr)
                if divisor is not None and divisor < 1:
                    hint = "`/` and `%` need a divisor of at least 1"
                    headline = f"division by {divisor}"
                    self.sink.error("VQ0420", headline, node.right.span, hint)
                    return POISON
                make = Div if node.op == "/" else Mod
                e = make(a.expr, b.expr, node.span)
        return self._made(node.span, e, Sort.INT, a.size + b.size + 3, depth)

    def _compare(self, node: t.Binary) -> Typed:
        domain = self.names.domain(node.left) or self.names.domain(node.right)
        a = self.typed(node.left, domain)
        if is_poison(a) and isinstance(node.right, t.Name) and domain is None:
            return POISON  # A name that is compared with what is unknown may be of any kind.
        b = self.typed(node.right, domain)
        if is_poison(a, b):
            return POISON
        if node.op not in ("==", "!="):
            fits = [
                self._is(a, Sort.INT, node.left.span),
                self._is(b, Sort.INT, node.right.span),
            ]
            if not all(fits):
                return POISON
        elif a.sort is not b.sort:
            labels = [
                Label(node.left.span, f"this is {a.sort.value}"),
                Label(node.right.span, f"this is {b.sort.value}"),
            ]
            headline = f"{a.sort.value} is compared with {b.sort.value}"
            hint = _as_condition(node, a.sort, b.sort)
            self.sink.error("VQ0302", headline, labels[0], hint, labels[1])
            return POISON
        e = _comparison(node.op, a.expr, b.expr)
        size, depth = a.size + b.size + 2, max(a.depth, b.depth) + 2
        return self._made(node.span, e, Sort.BOOL, size, depth)

    def _conditional(self, node: t.Conditional, domain: Domain | None) -> Typed:
        test = self.typed(node.test)
        a, b = self.typed(node.then, domain), self.typed(node.other, domain)
        if not self._is(test, Sort.BOOL, node.test.span) or is_poison(a, b):
            return POISON
        if a.sort is not b.sort:
            also = Label(node.other.span, f"this is {b.sort.value}")
            headline = f"a choice between {a.sort.value} and {b.sort.value}"
            at = Label(node.then.span, f"this is {a.sort.value}")
            self.sink.error("VQ0302", headline, at, "", also)
            return POISON
        size = test.size + a.size + b.size + 1
        depth = max(test.depth, a.depth, b.depth) + 1
        return self._made(node.span, ite(test.expr, a.expr, b.expr), a.sort, size, depth)

    # Functions

    def _call(self, node: t.Call) -> Typed:
        name = node.name.text
        if name == "rank":
            return self._rank(node)
        if name == "count":
            return self._bad_call(node, "`count` needs a condition", "write `count(q where C)`")
        if name not in ("min", "max"):
            for arg in node.args:
                self.typed(arg)
            if name.startswith(("read", "ioread")):
                headline, hint = f"there is no function `{name}`", "write `x = read REGISTER`"
                self.sink.error("VQ0216", headline, node.name.span, hint)
                return POISON
            self.sink.unknown("VQ0216", "function", node.name, _FUNCTIONS)
            return POISON
        if len(node.args) != 2:
            self.sink.arguments(name, len(node.args), ("a", "b"), node.span)
            return POISON
        a, b = (self.typed(x) for x in node.args)
        fits = [self._is(x, Sort.INT, n.span) for x, n in zip((a, b), node.args, strict=True)]
        if not all(fits):
            return POISON
        first = less(a.expr, b.expr) if name == "min" else less(b.expr, a.expr)
        size, depth = 2 * (a.size + b.size) + 3, max(a.depth, b.depth) + 2
        if size > MAX_SIZE:
            return self._made(node.span, UNKNOWN, Sort.INT, size, depth)
        return self._made(node.span, ite(first, a.expr, b.expr), Sort.INT, size, depth)

    def _bad_call(self, node: t.Call, headline: str, hint: str) -> Typed:
        self.sink.error("VQ0306", headline, node.span, hint)
        return POISON

    def _rank(self, node: t.Call) -> Typed:
        if len(node.args) != 1 or not isinstance(node.args[0], t.Name):
            return self._bad_call(node, "`rank` needs a queue", "write `rank(q)`")
        queue = t.Ident(node.args[0].text, node.args[0].span)
        if not self._can_count("rank", node.span):
            return POISON
        below = self._rank_of(queue)
        return POISON if below is None else tally(Var("q.callback", True), below)

    def _rank_of(self, queue: t.Ident) -> Expr | None:
        prefix = self.reads.queues.get(queue.text)
        if prefix is None:
            self.names.no_variable(queue, "queue")
            return None
        self.sink.means(queue, self.reads.places.get(queue.text))
        return Var(f"{prefix}.index")

    def _can_count(self, what: str, span: Span) -> bool:
        if self.reads.counted:
            self.names.not_counted(f"`{what}` is a tally itself", span)
            return False
        if TALLY not in self.reads.facts:
            self.names.cannot_read(what, span)
            return False
        return True

    def _tally(self, node: t.TallyCall) -> Typed:
        name = node.name.text
        if name not in ("count", "rank"):
            self.sink.unknown("VQ0216", "tally", node.name, ("count", "rank"))
            return POISON
        if not self._can_count(name, node.span):
            return POISON
        below = self._rank_of(node.queue) if name == "rank" else None
        inside = replace(
            self.reads,
            queues={node.queue.text: "q"},
            counted=node.queue.text,
            outer=tuple(q for q in self.reads.queues if q != node.queue.text),
            places={node.queue.text: node.queue},
            line="",
            run=None,
        )
        inner = Formula(self.scope, inside)
        where = inner.typed(node.where)
        if not inner._is(where, Sort.BOOL, node.where.span) or (name == "rank" and below is None):
            return POISON
        made = tally(where.expr, below, where.size)
        return self._made(node.span, made.expr, Sort.INT, made.size, where.depth + 1)


def _as_condition(node: t.Binary, a: Sort, b: Sort) -> str:
    """For a bit that is compared with 0 or 1, as C does: the bit is a condition itself."""
    value, other = (node.left, node.right) if a is Sort.INT else (node.right, node.left)
    is_bit = {a, b} == {Sort.BOOL, Sort.INT} and isinstance(value, t.Number) and value.value < 2
    if not is_bit or not isinstance(value, t.Number):
        return ""
    is_so = (value.value == 1) == (node.op == "==")
    return f"write `{'' if is_so else 'not '}{' '.join(other.span.text.split())}`"


def _comparison(op: str, a: Expr, b: Expr) -> Expr:
    match op:
        case "==":
            return equal(a, b)
        case "!=":
            return negate(equal(a, b))
        case "<":
            return less(a, b)
        case ">":
            return less(b, a)
        case "<=":
            return at_most(a, b)
        case _:
            return at_most(b, a)
