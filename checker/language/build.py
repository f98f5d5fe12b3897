"""Grammar rules to tree nodes: one method a rule, called while the text is read.

Every token is kept, so that a node's span runs from its first to its last child; keywords and
punctuation are then told from parts by being tokens.
"""

from __future__ import annotations

from typing import Any, TypeVar

from checker.diagnostics.diagnostic import Diagnostic, Label
from checker.language import tree as t
from checker.language.token import Token
from model.record import dataclass
from model.span import Source, Span

MAX_DEPTH = 100
"""Operators inside operators along the longest path; passes over the tree recurse."""
MAX_NUMBER = (1 << 62) - 1

Kids = list[Any]
T = TypeVar("T")


class Refused(Exception):
    """Text that is well-formed but beyond a limit; ends the reading of the file."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.headline)
        self.diagnostic = diagnostic


# Clauses that exist only until the node around them is made.


@dataclass(frozen=True, slots=True)
class _Clause:
    kind: str
    value: Any
    span: Span


def _parts(c: Kids) -> Kids:
    return [x for x in c if not isinstance(x, Token)]


def _words(c: Kids) -> list[str]:
    return [str(x) for x in c if isinstance(x, Token)]


def _one(c: Kids, kind: type[T]) -> T | None:
    return next((x for x in c if isinstance(x, kind)), None)


def _clause(c: Kids, kind: str) -> Any:
    return next((x.value for x in c if isinstance(x, _Clause) and x.kind == kind), None)


def _test(c: Kids) -> t.Node | None:
    when = _one(c, t.When)
    return when.test if when else None


class Build:
    """Makes nodes of one source at a time: `source` is set before each parse."""

    source: Source

    def __init__(self, source: Source) -> None:
        self.source = source
        self._depth: dict[int, int] = {}

    def begin(self, source: Source) -> None:
        """Read this source next."""
        self.source = source
        self._depth.clear()

    def _span(self, c: Kids) -> Span:
        if not c:
            return Span(self.source, 0, 0)
        first, last = c[0], c[-1]
        start = first.start_pos if isinstance(first, Token) else first.span.start
        end = last.end_pos if isinstance(last, Token) else last.span.end
        return Span(self.source, start, end)

    # Names and lists

    def name(self, c: Kids) -> t.Ident:
        k = c[0]
        return t.Ident(str(k), Span(self.source, k.start_pos, k.end_pos))

    any_name = name
    fact_word = name
    layer = name

    def names(self, c: Kids) -> _Clause:
        return _Clause("names", tuple(_parts(c)), self._span(c))

    bits = spans = args = params = names

    def path(self, c: Kids) -> _Clause:
        return _Clause("path", tuple(_parts(c)), self._span(c))

    def range(self, c: Kids) -> t.Range:
        return t.Range(c[0], c[2], self._span(c))

    def type_param(self, c: Kids) -> t.TypeParam:
        return t.TypeParam(c[0], c[2], self._span(c))

    # Top level

    def start(self, c: Kids) -> t.Module:
        return t.Module(tuple(_parts(c)), Span(self.source, 0, len(self.source.text)))

    def use(self, c: Kids) -> t.Use:
        return t.Use(c[1].value, self._span(c))

    def param(self, c: Kids) -> t.ParamDecl:
        return t.ParamDecl(c[1], c[3], self._span(c))

    def let(self, c: Kids) -> t.Let:
        return t.Let(c[1], c[3], self._span(c))

    def assume(self, c: Kids) -> t.Assume:
        return t.Assume(c[1], self._span(c))

    def claim(self, c: Kids) -> t.Claim:
        named = len(c) == 4
        return t.Claim(c[1] if named else None, c[-1], self._span(c))

    def check(self, c: Kids) -> t.Check:
        return t.Check(c[1].value, self._span(c))

    def expect(self, c: Kids) -> t.Expect:
        return t.Expect(c[1], c[2], self._span(c))

    # Platforms

    def platform(self, c: Kids) -> t.Platform:
        items = tuple(x for x in _parts(c)[1:] if not isinstance(x, _Clause))
        return t.Platform(c[1], _clause(c, "names") or (), items, self._span(c))

    def platform_choice(self, c: Kids) -> t.PlatformChoice:
        return t.PlatformChoice(c[1], _clause(c, "names") or (), self._span(c))

    def cpus(self, c: Kids) -> t.Cpus:
        return t.Cpus(c[1], self._span(c))

    def already(self, c: Kids) -> _Clause:
        return _Clause("already", c[1], self._span(c))

    def vectors(self, c: Kids) -> t.Vectors:
        return t.Vectors(c[1], _clause(c, "already"), self._span(c))

    def controller(self, c: Kids) -> t.Controller:
        return t.Controller(c[1], c[3], tuple(_parts(c)[2:]), self._span(c))

    def ctl_lines(self, c: Kids) -> t.ControllerLines:
        return t.ControllerLines(False, c[1].value, self._span(c))

    def ctl_reserved(self, c: Kids) -> t.ControllerLines:
        return t.ControllerLines(True, c[1].value, self._span(c))

    def numbers(self, c: Kids) -> t.Numbers:
        return t.Numbers(c[1].value, self._span(c))

    # Device types

    def device_type(self, c: Kids) -> t.DeviceType:
        items = tuple(x for x in _parts(c)[1:] if not isinstance(x, _Clause))
        return t.DeviceType(c[1], _clause(c, "names") or (), items, self._span(c))

    def type_id(self, c: Kids) -> t.TypeId:
        return t.TypeId(c[1], self._span(c))

    def feature_bit(self, c: Kids) -> _Clause:
        return _Clause("bit", c[1], self._span(c))

    def feature(self, c: Kids) -> t.Feature:
        return t.Feature(c[1], _clause(c, "bit"), self._span(c))

    def queue(self, c: Kids) -> t.Queue:
        parts = _parts(c)
        index = _one(parts, t.Index)
        rest = [x for x in parts[1:] if x is not index]
        items = tuple(x for x in rest[1:] if not isinstance(x, t.When))
        return t.Queue(parts[0], index, rest[0], _test(rest[1:]), items, self._span(c))

    def index(self, c: Kids) -> t.Index:
        return t.Index(c[1], c[3], self._span(c))

    def role(self, c: Kids) -> t.Role:
        return t.Role(c[1], self._span(c))

    def queue_flag(self, c: Kids) -> t.QueueFlag:
        return t.QueueFlag(str(c[0]), _test(c), self._span(c))

    def queue_hint(self, c: Kids) -> t.QueueHint:
        return t.QueueHint(c[1], c[3], self._span(c))

    def queue_service(self, c: Kids) -> t.QueueService:
        return t.QueueService(c[1], self._span(c))

    def config_change(self, c: Kids) -> t.ConfigChange:
        return t.ConfigChange(_test(c), self._span(c))

    def pair(self, c: Kids) -> t.Pair:
        return t.Pair(c[1], c[3], self._span(c))

    def member(self, c: Kids) -> t.Member:
        parts = _parts(c)
        return t.Member(parts[0], parts[1] if len(parts) > 1 else None, self._span(c))

    def hint(self, c: Kids) -> t.Hint:
        name, member, value = _parts(c)
        return t.Hint(name, member, value, self._span(c))

    # Devices

    def device(self, c: Kids) -> t.Device:
        on = next(i for i, x in enumerate(c) if isinstance(x, Token) and x.type == "ON")
        before, after = _parts(c[:on]), _parts(c[on:])
        items = tuple(x for x in after[1:] if not isinstance(x, _Clause))
        idents = [x for x in before if isinstance(x, t.Ident)]
        return t.Device(
            idents[0],
            _one(before, t.Index),
            idents[1],
            _clause(before, "names") or (),
            after[0],
            _clause(after, "names") or (),
            items,
            self._span(c),
        )

    def of(self, c: Kids) -> _Clause:
        return _Clause("of", c[1], self._span(c))

    def out_of(self, c: Kids) -> _Clause:
        return _Clause("from", c[1].value, self._span(c))

    def device_lines(self, c: Kids) -> t.DeviceLines:
        controllers = _clause(c, "from") or ()
        return t.DeviceLines(
            c[1], _clause(c, "of"), controllers, "shared" in _words(c), self._span(c)
        )

    def feature_choice(self, c: Kids) -> t.FeatureChoice:
        return t.FeatureChoice(len(c) == 1, c[-1], self._span(c))

    def features(self, c: Kids) -> t.Features:
        return t.Features(tuple(_parts(c)), self._span(c))

    def mode(self, c: Kids) -> t.Mode:
        return t.Mode(c[1], self._span(c))

    def affinity(self, c: Kids) -> t.Affinity:
        return t.Affinity(str(c[1]) == "queue", c[2], c[5], self._span(c))

    def device_service(self, c: Kids) -> t.DeviceService:
        return t.DeviceService(c[1], _clause(c, "names") or (), self._span(c))

    # Transports and policies

    def transport(self, c: Kids) -> t.Transport:
        items = tuple(x for x in _parts(c)[1:] if not isinstance(x, _Clause))
        return t.Transport(c[1], _clause(c, "names") or (), items, self._span(c))

    def pool(self, c: Kids) -> t.Pool:
        shared = "shared" in _words(c)
        pending = not _clause(c, "forgets")
        return t.Pool(c[1], c[3].value, shared, pending, _clause(c, "limit"), self._span(c))

    def forgets(self, c: Kids) -> _Clause:
        return _Clause("forgets", True, self._span(c))

    def limit(self, c: Kids) -> _Clause:
        return _Clause("limit", c[1], self._span(c))

    def per(self, c: Kids) -> _Clause:
        return _Clause("per", str(c[1]), self._span(c))

    def on_read(self, c: Kids) -> _Clause:
        return _Clause("on_read", True, self._span(c))

    def register(self, c: Kids) -> t.Register:
        return t.Register(
            c[1],
            _clause(c, "names"),
            _clause(c, "per") or "",
            bool(_clause(c, "on_read")),
            self._span(c),
        )

    def default(self, c: Kids) -> _Clause:
        return _Clause("default", c[1], self._span(c))

    def hint_decl(self, c: Kids) -> t.HintDecl:
        return t.HintDecl(c[1], c[3], _clause(c, "default"), self._span(c))

    def memory(self, c: Kids) -> t.Setting:
        return t.Setting(str(c[0]), c[1], self._span(c))

    suppression = memory

    def fact(self, c: Kids) -> t.Fact:
        return t.Fact(tuple(_parts(c)), self._span(c))

    def sees(self, c: Kids) -> t.Sees:
        return t.Sees(tuple(_parts(c)), self._span(c))

    def map(self, c: Kids) -> t.Map:
        parts = _parts(c)
        sees = _one(parts, t.Sees)
        items = tuple(x for x in parts[1:] if x is not sees)
        return t.Map(parts[0], sees, items, self._span(c))

    def rule(self, c: Kids) -> t.Rule:
        return t.Rule(c[1], _one(c, t.Target) or c[3], _one(c, t.When), self._span(c))

    def config_rule(self, c: Kids) -> t.Rule:
        return t.Rule(None, _one(c, t.Target) or c[2], _one(c, t.When), self._span(c))

    def to_line(self, c: Kids) -> t.Target:
        return t.Target("line", c[1], self._span(c))

    def to_number(self, c: Kids) -> t.Target:
        return t.Target("number", c[1], self._span(c))

    def to_none(self, c: Kids) -> t.Target:
        return t.Target("none", None, self._span(c))

    def when(self, c: Kids) -> t.When:
        return t.When(c[1], self._span(c))

    def otherwise(self, c: Kids) -> t.When:
        return t.When(None, self._span(c))

    def programmed(self, c: Kids) -> t.Programmed:
        return t.Programmed(self._span(c))

    def request(self, c: Kids) -> t.Request:
        return t.Request(c[2], c[4], _one(c, t.When), self._span(c))

    def policy(self, c: Kids) -> t.Policy:
        attempts = tuple(x for x in c if isinstance(x, t.Attempt))
        return t.Policy(c[1], _one(c, t.Sees), attempts, self._span(c))

    def policy_use(self, c: Kids) -> t.PolicyUse:
        return t.PolicyUse(c[2], self._span(c))

    def attempt(self, c: Kids) -> t.Attempt:
        parts = _parts(c)
        items = tuple(x for x in parts[1:] if not isinstance(x, t.When | _Clause))
        return t.Attempt(parts[0], _clause(c, "mode"), _test(parts), items, self._span(c))

    def takes(self, c: Kids) -> t.Takes:
        return t.Takes(c[1], _clause(c, "of"), self._span(c))

    # Programs

    def in_mode(self, c: Kids) -> _Clause:
        return _Clause("mode", c[1], self._span(c))

    def signal(self, c: Kids) -> t.Signal:
        return t.Signal(_one(c, t.Ident), _clause(c, "mode"), c[-1], self._span(c))

    def drive(self, c: Kids) -> t.Drive:
        return t.Drive(c[2], c[4], "resample" in _words(c), _clause(c, "mode"), self._span(c))

    def handler(self, c: Kids) -> t.Handler:
        idents = [x for x in c if isinstance(x, t.Ident)]
        named = len(idents) == 2
        return t.Handler(idents[0] if named else None, idents[-1], c[-1], self._span(c))

    def service(self, c: Kids) -> t.Service:
        return t.Service(c[1], c[3], "deferred" in _words(c), c[-1], self._span(c))

    def block(self, c: Kids) -> t.Block:
        return t.Block(tuple(_parts(c)), self._span(c))

    def assign(self, c: Kids) -> t.Assign:
        return t.Assign(c[0], c[2], self._span(c))

    def read(self, c: Kids) -> t.ReadStmt:
        return t.ReadStmt(c[0], c[3], self._span(c))

    def register_ref(self, c: Kids) -> t.RegisterRef:
        return t.RegisterRef(c[0], c[2] if len(c) > 1 else None, self._span(c))

    def register_bits(self, c: Kids) -> _Clause:
        parts = _parts(c)
        return _Clause("bits", (parts[0], tuple(parts[1:])), self._span(c))

    def set(self, c: Kids) -> t.SetBits:
        register, bits = c[1].value
        return t.SetBits(register, bits, self._span(c))

    def clear_bits(self, c: Kids) -> t.ClearBits:
        register, bits = c[1].value
        return t.ClearBits(register, bits, self._span(c))

    def clear_mask(self, c: Kids) -> t.ClearMask:
        return t.ClearMask(c[1], c[2], self._span(c))

    def line_ref(self, c: Kids) -> t.LineRef:
        inside = c[2] if not isinstance(c[2], Token) else None
        if str(c[1]) == "[":
            return t.LineRef(None, inside, self._span(c))
        return t.LineRef(inside, None, self._span(c))

    def line_stmt(self, c: Kids) -> t.LineStmt:
        return t.LineStmt(str(c[0]), c[1], self._span(c))

    def queue_stmt(self, c: Kids) -> t.QueueStmt:
        verb = "_".join(str(x) for x in c[:-1])
        return t.QueueStmt(verb, c[-1], self._span(c))

    def simple(self, c: Kids) -> t.Simple:
        return t.Simple(" ".join(map(str, c)), self._span(c))

    def if_stmt(self, c: Kids) -> t.IfStmt:
        parts = _parts(c)
        branches = [(parts[0], parts[1])]
        other = parts[2] if len(parts) > 2 else None
        if isinstance(other, t.IfStmt):
            return t.IfStmt((branches[0], *other.branches), other.other, self._span(c))
        return t.IfStmt(tuple(branches), other, self._span(c))

    def loop(self, c: Kids) -> t.LoopStmt:
        return t.LoopStmt(None, c[1], self._span(c))

    def while_stmt(self, c: Kids) -> t.LoopStmt:
        return t.LoopStmt(c[1], c[2], self._span(c))

    def where(self, c: Kids) -> _Clause:
        return _Clause("where", c[1], self._span(c))

    def for_stmt(self, c: Kids) -> t.ForStmt:
        line = None if isinstance(c[3], Token) else c[3]
        return t.ForStmt(c[1], line, _clause(c, "where"), c[-1], self._span(c))

    def lock(self, c: Kids) -> t.LockStmt:
        return t.LockStmt(c[1], c[2], self._span(c))

    # Expressions

    def _deeper(self, node: t.Node, *args: t.Node) -> Any:
        depth = 1 + max((self._depth.get(id(a), 0) for a in args), default=0)
        if depth > MAX_DEPTH:
            at = Label(node.span, "this one")
            words = f"an expression is nested deeper than {MAX_DEPTH} operators"
            raise Refused(Diagnostic("VQ0104", words, at, hint="name parts of it with `let`"))
        self._depth[id(node)] = depth
        return node

    def number(self, c: Kids) -> t.Number:
        k = str(c[0])
        span = self._span(c)
        small = len(k) <= 20
        value = int(k, 0 if k[:2] in ("0x", "0X") else 10) if small else MAX_NUMBER + 1
        if value > MAX_NUMBER:
            raise Refused(
                Diagnostic("VQ0105", f"the number is larger than {MAX_NUMBER}", Label(span))
            )
        return t.Number(value, span)

    def name_expr(self, c: Kids) -> t.Name:
        return t.Name(c[0].text, c[0].span)

    def attribute(self, c: Kids) -> t.Attribute:
        return self._deeper(t.Attribute(c[0], c[2], self._span(c)), c[0])  # type: ignore[no-any-return]

    def call(self, c: Kids) -> t.Call:
        args = _parts(c)[1:]
        return self._deeper(t.Call(c[0], tuple(args), self._span(c)), *args)  # type: ignore[no-any-return]

    def tally(self, c: Kids) -> t.TallyCall:
        return self._deeper(t.TallyCall(c[0], c[2], c[4], self._span(c)), c[4])  # type: ignore[no-any-return]

    def paren(self, c: Kids) -> t.Node:
        return c[1]  # type: ignore[no-any-return]

    def minus(self, c: Kids) -> t.Unary:
        return self._deeper(t.Unary("-", c[1], self._span(c)), c[1])  # type: ignore[no-any-return]

    def not_(self, c: Kids) -> t.Unary:
        return self._deeper(t.Unary("not", c[1], self._span(c)), c[1])  # type: ignore[no-any-return]

    def _binary(self, op: str, c: Kids) -> t.Binary:
        node = t.Binary(op, c[0], c[2], self._span(c))
        return self._deeper(node, c[0], c[2])  # type: ignore[no-any-return]

    def or_(self, c: Kids) -> t.Binary:
        return self._binary("or", c)

    def and_(self, c: Kids) -> t.Binary:
        return self._binary("and", c)

    def compare(self, c: Kids) -> t.Binary:
        return self._binary(str(c[1]), c)

    binary = compare

    def compare_op(self, c: Kids) -> Token:
        return c[0]  # type: ignore[no-any-return]

    plus_op = times_op = compare_op

    def conditional(self, c: Kids) -> t.Conditional:
        node = t.Conditional(c[0], c[2], c[4], self._span(c))
        return self._deeper(node, c[0], c[2], c[4])  # type: ignore[no-any-return]

    def peek(self, c: Kids) -> t.Peek:
        return t.Peek(str(c[0]), c[1], self._span(c))
