"""Small random designs: as text of the language, and as plain data for the brute-force oracle.

A formula is a tuple (`("+", "q.index", 1)`), the name of a fact, or a number; `@rx` is the role or
family `rx`. `text` writes it as the language has it, `ev` is what it means, said here once more.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

F = Any
"""A formula."""
Env = dict[str, Any]


class Undefined(Exception):
    """A division outside of its domain."""


_CALLS = ("count", "rank")


def text(e: F) -> str:
    match e:
        case bool():
            return "1 == 1" if e else "1 == 2"
        case int():
            return str(e) if e >= 0 else f"(0 - {-e})"
        case str():
            return e.removeprefix("@")
        case ("not", a):
            return f"(not {text(a)})"
        case ("?", c, a, b):
            return f"({text(c)} ? {text(a)} : {text(b)})"
        case (("count" | "rank") as what, c):
            return f"{what}(q where {text(c)})" if c is not None else f"{what}(q)"
        case (op, a, b):
            return f"({text(a)} {op} {text(b)})"
    raise TypeError(e)


def ev(e: F, env: Env) -> Any:
    """The value; a tally that `env` gives a value is not counted."""
    if isinstance(e, tuple | str) and str(e) in env:
        return env[str(e)]
    match e:
        case bool() | int():
            return e
        case "queues":
            return len(env["#"])
        case "callbacks":
            return sum(q["q.callback"] for q in env["#"])
        case str():
            return e[1:] if e[0] == "@" else env[e]
        case ("not", a):
            return not ev(a, env)
        case ("and", a, b):
            return ev(a, env) and ev(b, env)
        case ("or", a, b):
            return ev(a, env) or ev(b, env)
        case ("?", c, a, b):
            return ev(a if ev(c, env) else b, env)
        case ("count", c):
            return sum(bool(ev(c, {**env, **q})) for q in env["#"])
        case ("rank", c):
            c = "q.callback" if c is None else c
            before = [q for q in env["#"] if q["q.index"] < env["q.index"]]
            return sum(bool(ev(c, {**env, **q})) for q in before)
        case (op, a, b):
            return _arithmetic(op, ev(a, env), ev(b, env))
    raise TypeError(e)


def _arithmetic(op: str, x: Any, y: Any) -> Any:
    if op in "/%":
        if y < 1 or x < 0:
            raise Undefined
        return x // y if op == "/" else x % y
    match op:
        case "+":
            return x + y
        case "-":
            return x - y
        case "*":
            return x * y
        case "==":
            return x == y
        case "!=":
            return x != y
        case "<":
            return x < y
    return x <= y


@dataclass
class Family:
    name: str
    lo: F
    hi: F
    at: F
    """Over `i`."""
    role: str
    single: bool = False
    present: F = None
    callback: tuple[str, F] | None = None
    slow: F = None
    hint: F = None


@dataclass
class Type:
    name: str
    id: int
    features: list[str]
    families: list[Family]
    config: F = None
    pair: tuple[str, str] | None = None


@dataclass
class Rule:
    config: bool
    kind: str
    to: F = None
    when: F = None


@dataclass
class Attempt:
    name: str
    rules: list[Rule]
    requests: list[tuple[F, F, str, F]]
    takes: F = None
    pool: str = ""
    when: F = None


@dataclass
class Transport:
    name: str
    pools: list[str]
    sees: list[str] | None
    attempts: list[Attempt]
    device: list[Rule] | None
    handlers: dict[str, list[Any]]
    service: list[Any] | None
    settable: set[str]
    policy: bool


@dataclass
class Device:
    name: str
    type: Type
    arg: F
    array: F
    """None, or the last index of `[x in 0..E]`."""
    asks: dict[str, tuple[F, F]]
    numbers: Any
    features: dict[str, bool]
    service: bool
    affinity: tuple[str, F] | None
    only_from: list[str] = field(default_factory=list)
    """Controllers that it names; empty: all."""
    shared: bool = False


@dataclass
class Spec:
    params: list[tuple[str, F, F]]
    assume: F
    cpus: int
    vectors: int | None
    controllers: list[tuple[str, str, int, int, list[int], bool]]
    types: list[Type]
    transport: Transport
    devices: list[Device]
    claims: list[F] = field(default_factory=list)


# As text


def _if(c: F) -> str:
    return "" if c is None else f" if {text(c)}"


def _rule(r: Rule) -> str:
    to = r.kind + ("" if r.kind == "none" else f" {text(r.to)}")
    return f"{'config' if r.config else 'queue q'} -> {to}{_if(r.when)};"


def _request(r: tuple[F, F, str, F]) -> str:
    return f"request lines {text(r[0])}..{text(r[1])} with {r[2]}{_if(r[3])};"


def _stmts(body: list[Any]) -> str:
    return " ".join(map(_stmt, body))


def _stmt(s: Any) -> str:
    match s:
        case ("for", v, line, where, body):
            over = "in queues" if line is None else f"on {line}"
            cond = "" if where is None else f" where {text(where)}"
            return f"for {v} {over}{cond} {{ {_stmts(body)} }}"
        case ("if", c, a, b):
            return f"if {text(c)} {{ {_stmts(a)} }} else {{ {_stmts(b)} }}"
        case ("loop", body):
            return f"loop {{ {_stmts(body)} }}"
        case ("set", name, c):
            return f"{name} = {text(c)}"
        case (verb, v):
            return f"{verb} {v}"
    return str(s)


def _family(f: Family) -> str:
    index = "" if f.single else f"[i in {text(f.lo)}..{text(f.hi)}]"
    more = "" if f.callback is None else f" {f.callback[0]}{_if(f.callback[1])}"
    more += "" if f.slow is None else f" slow{_if(f.slow)}"
    more += "" if f.hint is None else f" hint g = {text(f.hint)}"
    at = text(f.at)
    return f"  queue {f.name}{index} at {at}{_if(f.present)} {{ role {f.role}{more} }}"


def _transport(t: Transport) -> str:
    sees = "" if t.sees is None else f" sees {', '.join(t.sees)}"
    out = [f"transport {t.name} {{", "  hint g in 0..40", "  register status { A, B, C }"]
    out += [f"  pool {p} : edge, level" for p in t.pools if p]
    out.append("  signal queue q { " + "".join(f"set status.{b}; " for b in sorted(t.settable)))
    out.append("    raise line(q) }")
    if t.policy:
        out.append(f"  policy p{sees} {{")
    for a in t.attempts:
        of = f" of {a.pool}" if a.pool else ""
        head = f"try {a.name}{_if(a.when)} {{ lines {text(a.takes)}{of};" if t.policy else ""
        out.append("  " + (head or f"map in transport{sees} {{"))
        out += ["    " + _rule(r) for r in a.rules] + ["    " + _request(r) for r in a.requests]
        out.append("  }")
    out += ["  }"] if t.policy else []
    rules = "programmed" if t.device is None else " ".join(map(_rule, t.device))
    out.append(f"  map in device {{ {rules} }}")
    out += [f"  handler {n} on line l {{ {_stmts(b)} }}" for n, b in t.handlers.items()]
    out += [f"  service s(q) {{ {_stmts(t.service)} }}"] if t.service is not None else []
    return "\n".join([*out, "}"])


def _device(d: Device, on: str) -> str:
    index = "" if d.array is None else f"[x in 0..{text(d.array)}]"
    out = [f"device {d.name}{index} : {d.type.name}({text(d.arg)}) on {on} {{"]
    for pool, (lo, hi) in d.asks.items():
        some = text(lo) if lo == hi else f"{text(lo)}..{text(hi)}"
        more = f" of {pool}" if pool else ""
        more += f" from {', '.join(d.only_from)}" if d.only_from else ""
        out.append(f"  lines {some}{more}" + (" shared" if d.shared else ""))
    if d.numbers:
        some = d.numbers if isinstance(d.numbers, str) else ", ".join(map(str, d.numbers))
        out.append(f"  numbers {some}")
    out += [f"  features {'' if on else 'no '}{f}" for f, on in d.features.items()]
    out += ["  service s"] if d.service else []
    if d.affinity:
        v = "l" if d.affinity[0] == "line" else "q"
        out.append(f"  affinity {d.affinity[0]} {v} -> cpu {text(d.affinity[1])}")
    return "\n".join([*out, "}"])


def write(s: Spec) -> str:
    """The design as a file of the language."""
    out = [f"param {n} in {text(lo)}..{text(hi)}" for n, lo, hi in s.params]
    out += [] if s.assume is None else [f"assume {text(s.assume)}"]
    out.append(f"platform here {{ cpus {s.cpus}")
    out += [] if s.vectors is None else [f"  vectors {s.vectors} per cpu"]
    for name, kind, lo, hi, reserved, contiguous in s.controllers:
        more = f" reserved {', '.join(map(str, reserved))}" if reserved else ""
        more += " numbers contiguous" if contiguous else ""
        out.append(f"  controller {name} : {kind} {{ lines {lo}..{hi}{more} }}")
    out.append("}")
    for t in s.types:
        out.append(f"device_type {t.name}(k: 0..9) {{ id {t.id}")
        out += [f"  feature {f}" for f in t.features] + [_family(f) for f in t.families]
        out += [] if t.config is None else [f"  config_change{_if(t.config)}"]
        out += [f"  pair {t.pair[0]}[i] with {t.pair[1]}[i]"] if t.pair else []
        out.append("}")
    out.append(_transport(s.transport))
    out += [_device(d, s.transport.name) for d in s.devices]
    out += [f"assert {text(c)}" for c in s.claims]
    asked = "layering, coverage, irq_limits, pair_affinity, economy"
    out.append(f"check {asked}{', assertions' if s.claims else ''}")
    return "\n".join(out) + "\n"


# Drawing them

_GUARDS: list[F] = [
    "q.callback",
    ("not", "q.callback"),
    "q.slow",
    ("<", "q.index", 2),
    ("==", ("%", "q.index", 2), 0),
    ("==", "q.role", "@ra"),
    ("==", "q.role", "@rb"),
    ("==", "q.nth", 0),
    ("==", "device.id", 1),
    "device.feature.F",
    ("not", "device.feature.F"),
    ("<", 1, "device.arg.k"),
    ("<", 1, "lines"),
    ("==", "lines", ("+", "queues", 1)),
    ("==", "q.hint.g", 1),
    ("<", ("rank", None), "lines"),
    ("==", "q.family", "@fa"),
    ("<", ("/", "q.index", "lines"), 1),
    ("<", "callbacks", "lines"),
    ("<", "q.index", "n"),
    ("==", ("count", "q.slow"), 0),
    ("<", 0, "q.nth"),
]
_ORDINALS: list[F] = [
    0,
    1,
    ("-", "lines", 1),
    "q.index",
    ("%", "q.index", "lines"),
    ("%", ("/", "q.index", 2), "lines"),
    ("+", 1, ("rank", None)),
    ("%", ("rank", None), "lines"),
    ("%", "q.nth", "lines"),
    ("%", "q.hint.g", "lines"),
    ("+", 1, ("%", "q.index", ("-", "lines", 1))),
    ("/", "q.index", "lines"),
    ("%", "callbacks", "lines"),
    ("+", 1, ("rank", ("and", "q.callback", ("not", "q.slow")))),
    ("count", ("==", "q.role", "@ra")),
    ("?", ("<", 1, "lines"), 1, 0),
    ("-", "n", 1),
    "q.hint.g",
    ("rank", ("==", "q.role", "@rb")),
    ("-", "queues", ("+", "q.index", 1)),
    ("rank", ("<", 0, "lines")),
    ("%", ("+", "q.nth", "n"), "lines"),
]
_CONFIG: list[F] = [0, 0, 0, 1, ("-", "lines", 1), ("-", "n", 1), ("%", "callbacks", "lines")]
_STATIC: list[F] = [
    "device.feature.F",
    ("<", 1, "lines"),
    ("==", "device.id", 1),
    ("<", "n", 2),
    ("<", "callbacks", 3),
]
_SEES = ["index", "callback", "slow", "role", "nth", "hint", "queues", "lines", "features", "n"]


@st.composite
def _maybe(draw: st.DrawFn, some: Any, often: float = 0.5) -> Any:
    return draw(some) if draw(st.integers(0, 99)) < often * 100 else None


@st.composite
def guards(draw: st.DrawFn, some: list[F], often: float = 0.5) -> F:
    if draw(st.integers(0, 99)) >= often * 100:
        return None
    a = draw(st.sampled_from(some))
    if draw(st.integers(0, 3)) == 0:
        return (draw(st.sampled_from(["and", "or"])), a, draw(st.sampled_from(some)))
    return a


@st.composite
def types(draw: st.DrawFn, k: int) -> Type:
    features = ["F"] if k == 0 or draw(st.booleans()) else []
    features += ["G"] if draw(st.integers(0, 3)) == 0 else []
    conds: list[F] = [*features, ("<", 1, "k"), ("not", ("==", "k", 2))]
    count = draw(st.integers(1, 2))
    size: F = draw(st.sampled_from(["k", "k", ("+", "k", 1), 2]))
    lo = draw(st.sampled_from([0, 0, 0, 1, -1]))
    how = draw(st.sampled_from(["interleaved", "blocks", "reversed", "gaps"]))
    families = []
    for j in range(count):
        own: F = ("-", size, 1) if draw(st.integers(0, 5)) == 0 else size
        hi = ("+", ("-", own, 1), lo)
        i: F = ("-", "i", lo)
        at = {
            "interleaved": ("+", ("*", count, i), j),
            "blocks": ("+", i, ("*", j, size)),
            "reversed": ("+", ("*", -count, i), ("+", ("*", count, size), j - count)),
            "gaps": ("+", ("*", count + 1, i), j + 1),
        }[how]
        families.append(Family("fa" if j == 0 else "fb", lo, hi, at, "ra" if j == 0 else "rb"))
    if draw(st.booleans()):
        last: F = draw(st.sampled_from([("*", count, size), ("*", count + 2, ("+", size, 1)), 30]))
        families.append(Family("fc", 0, 0, last, "rc", True, draw(_maybe(st.sampled_from(conds)))))
    for f in families:
        if draw(st.integers(0, 2)) == 0:
            f.callback = draw(
                st.tuples(
                    st.sampled_from(["polled", "callback"]), _maybe(st.sampled_from(conds), 0.6)
                )
            )
        f.slow = draw(_maybe(st.sampled_from(conds), 0.25))
        f.hint = draw(_maybe(st.sampled_from([0, 1, *([] if f.single else [("+", "i", 1)])]), 0.6))
    pair = ("fa", "fb") if count == 2 and draw(st.integers(0, 3)) else None
    config = draw(st.sampled_from([None, True, True, *features]))
    return Type(f"t{k}", k + 1, features, families, config, pair)


@st.composite
def rule_lists(draw: st.DrawFn, numbers: bool) -> list[Rule]:
    out = []
    more: list[F] = [*_GUARDS, ("==", ("%", "base", 2), 0)] if numbers else _GUARDS
    for last in (False,) * draw(st.integers(0, 2)) + (True,):
        when = draw(guards(more, 0.15 if last else 0.9))
        kinds = ["line"] * 8 + ["none"] * 2 + (["number"] * 12 if numbers else [])
        kind = draw(st.sampled_from(kinds))
        to = draw(st.sampled_from(_ORDINALS))
        out.append(Rule(False, kind, ("+", "base", to) if kind == "number" else to, when))
    if draw(st.integers(0, 4)) == 0:
        out.insert(0, Rule(False, "none", None, ("not", "q.callback")))
    for last in (False,) * draw(st.integers(0, 1)) + (True,):
        when = draw(guards(_STATIC, 0.1 if last else 1))
        out.append(Rule(True, "line", draw(st.sampled_from(_CONFIG)), when))
    return out


@st.composite
def programs(draw: st.DrawFn, depth: int, scope: tuple[str, ...], handler: bool) -> list[Any]:
    out: list[Any] = []
    facts = [
        (op, f"{v}.{f}", c)
        for v in scope
        for op, f, c in (("==", "role", "@ra"), ("<", "index", 2))
    ]
    tests: list[F] = ["s.A", "s.B", ("not", "s.A"), ("or", "s.A", "s.B"), *_STATIC, *facts]
    tests += [("==", "l", 0), "z", ("not", "z")] if handler else []
    for _ in range(draw(st.integers(1, 2 if depth else 3))):
        kind = draw(
            st.sampled_from(["serve"] * 5 + ["if", "if", "for", "for", "set", "leave", "loop"])
        )
        if kind == "serve" and scope:
            verb = draw(st.sampled_from(["drain", "service"])) if handler else "drain"
            out.append((verb, draw(st.sampled_from(scope))))
        elif kind == "serve" and handler:
            out += (
                ["notify config"]
                if draw(st.booleans())
                else [("for", "a", "l", None, [("service", "a")])]
            )
        elif kind == "if" and depth < 2:
            inner = programs(depth + 1, scope, handler)
            out.append(("if", draw(st.sampled_from(tests)), draw(inner), draw(inner | st.just([]))))
        elif kind == "for" and handler and len(scope) < 2:
            v = "b" if "a" in scope else "a"
            line = draw(st.sampled_from([None, None, "l", "l", "l", "line(config)", "line[0]"]))
            own = [("==", f"{v}.role", "@ra"), ("<", f"{v}.index", 2), f"{v}.callback"]
            where = draw(guards(own, 0.3))
            out.append(("for", v, line, where, draw(programs(depth + 1, (*scope, v), handler))))
        elif kind == "set" and handler:
            out.append(("set", "z", draw(st.sampled_from(tests))))
        elif kind == "leave" and draw(st.integers(0, 3)) == 0:
            out.append("stop" if draw(st.booleans()) else "return handled")
        elif kind == "loop" and depth < 2:
            out.append(("loop", [*draw(programs(depth + 1, scope, handler)), "stop"]))
    return out or ["fence"]


@st.composite
def handlers(draw: st.DrawFn) -> list[Any]:
    if draw(st.integers(0, 2)):
        line = draw(st.sampled_from([None, "l"]))
        return ["notify config", ("for", "a", line, None, [("service", "a")])]
    start = ["s = read status", ("set", "z", draw(st.sampled_from([True, False, ("==", "l", 0)])))]
    return [*start, *draw(programs(0, (), True))]


@st.composite
def transports(draw: st.DrawFn, numbers: bool) -> Transport:
    policy = draw(st.integers(0, 2)) == 0
    pools = ["x", "y"] if policy and draw(st.booleans()) else [""]
    names = ["h0", "h1"][: draw(st.integers(1, 2))]
    attempts = []
    for j in range(draw(st.integers(1, 3)) if policy else 1):
        requests: list[tuple[F, F, str, F]] = [(0, ("-", "lines", 1), names[0], None)]
        if draw(st.booleans()):
            lo, hi = draw(st.sampled_from([(0, 0), (1, ("-", "lines", 1)), (0, ("-", "n", 1))]))
            requests = [*requests, (lo, hi, names[-1], draw(guards(_STATIC, 0.4)))]
            requests = requests[draw(st.integers(0, 1)) :]
        a = Attempt(f"a{j}", draw(rule_lists(numbers)), requests)
        if policy:
            some: list[F] = [1, 2, "queues", ("+", 1, "callbacks"), ("-", "queues", 1), 0]
            a.takes = draw(st.sampled_from(some))
            a.pool = draw(st.sampled_from(pools))
            a.when = draw(guards(["device.feature.F", ("<", 2, "queues"), ("==", "n", 1)], 0.25))
        attempts.append(a)
    kind = draw(st.sampled_from(["programmed", "same", "same", "other"]))
    device = None
    if kind == "same":
        last = attempts[-1].rules
        device = [
            Rule(r.config, "line", r.to[2], r.when) if r.kind == "number" else r for r in last
        ]
    elif kind == "other":
        device = draw(rule_lists(False))
    sees = draw(_maybe(st.lists(st.sampled_from(_SEES), min_size=1, max_size=4, unique=True), 0.6))
    service = draw(_maybe(programs(0, ("q",), False), 0.3))
    if service:
        service = ["s = read status", *service]
    settable = set(draw(st.lists(st.sampled_from(["A", "C"]), max_size=2)))
    own = {n: draw(handlers()) for n in names}
    return Transport("tr", pools, sees, attempts, device, own, service, settable, policy)


def _numbered(draw: st.DrawFn, devices: list[Device]) -> bool:
    """More devices that need what there may not be: runs, and numbers of their own."""
    if draw(st.integers(0, 2)):
        return False
    for _ in range(draw(st.integers(1, 2))):
        d = replace(devices[0], name=f"d{len(devices)}", asks=dict(devices[0].asks))
        d.numbers = draw(st.sampled_from(["contiguous", "contiguous", None]))
        need: tuple[F, F] = draw(st.sampled_from([(1, 1), (2, 2), (3, 3), ("n", "n")]))
        if d.array is not None and draw(st.booleans()):
            need = (("+", "x", 1), ("+", "x", 1))
        d.asks[next(iter(d.asks))] = need
        if len(d.asks) == 1 and need in ((1, 1), (2, 2)) and draw(st.booleans()):
            d.numbers = draw(st.permutations([0, 1, 3, 11]))[: int(need[0])]
        devices.append(d)
    return True


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A design, with everything small enough to be enumerated."""
    numbers = draw(st.integers(0, 4)) == 0
    params: list[tuple[str, F, F]] = [("n", 1, draw(st.integers(1, 2 if numbers else 3)))]
    if draw(st.integers(0, 2)) == 0:
        params.append(
            ("m", draw(st.sampled_from([0, 1, "n"])), draw(st.sampled_from([3, ("+", "n", 1)])))
        )
    own = [p[0] for p in params]
    made = [draw(types(k)) for k in range(draw(st.integers(1, 2)))]
    transport = draw(transports(numbers))
    devices = []
    for k in range(draw(st.sampled_from([1, 1, 1, 2]))):
        kind = draw(st.sampled_from(made))
        array = draw(_maybe(st.sampled_from([0, 1, ("-", own[-1], 1)]), 0.15))
        arg: F = draw(st.sampled_from([1, 2, *own, ("+", "n", 1)]))
        if array is not None and draw(st.booleans()):
            arg = ("+", "x", 1)
        ranges: list[tuple[F, F]] = [
            (1, 1),
            (2, 2),
            (1, 2),
            (1, "n"),
            (0, 2),
            ("n", "n"),
            (("+", "n", 1), ("+", "n", 1)),
            (("*", 2, "n"), ("+", ("*", 2, "n"), 1)),
            (1, 3),
        ]
        ranges = ranges[:7] if numbers else ranges
        asks = {p: draw(st.sampled_from(ranges)) for p in transport.pools}
        given: Any = draw(st.sampled_from([None, None, "contiguous", "any"]))
        if len(asks) == 1 and draw(st.integers(0, 5)) == 0:
            lo, hi = next(iter(asks.values()))
            given = [1, 3] if lo in (1, 2) and hi in (2, 3) else given
        features = draw(
            st.dictionaries(st.sampled_from(kind.features or ["-"]), st.booleans(), max_size=1)
        )
        features.pop("-", None)
        lines: list[F] = [("%", "l", "cpus"), ("/", "l", 2), 0, ("%", ("/", "l", 2), "cpus")]
        queues: list[F] = [("%", ("+", "q.nth", 1), "cpus"), ("%", "q.index", "cpus"), 1]
        affinity = draw(_maybe(st.tuples(st.just("line"), st.sampled_from(lines)), 0.25))
        affinity = affinity or draw(
            _maybe(st.tuples(st.just("queue"), st.sampled_from(queues)), 0.15)
        )
        service = transport.service is not None and draw(st.booleans())
        devices.append(Device(f"d{k}", kind, arg, array, asks, given, features, service, affinity))
    some: list[F] = [
        ("<=", "d0.lines", 2),
        ("==", "d0.queues", ("*", 2, "n")),
        ("<", "d0.callbacks", "d0.lines"),
        ("<", 0, "d0.lines"),
        ("<=", "d0.callbacks", "d0.queues"),
        ("<=", "d0.lines", ("+", "n", 1)),
    ]
    by_number = _numbered(draw, devices)
    assumes: list[F] = [("!=", "n", 2), ("<", "n", 3), ("<", "d0.lines", 3)]
    reserved = draw(st.lists(st.integers(0, 4), max_size=2, unique=True))
    ends = (4, 5, 6) if numbers else (draw(st.integers(1, 5)), 10, 10 + draw(st.integers(0, 3)))
    controllers = [("c0", "edge", 0, ends[0], reserved, draw(st.integers(0, 3)) == 0)]
    if by_number:  # Enough lines, in pieces.
        reserved = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True))
        controllers = [("c0", "edge", 0, 9, reserved, draw(st.booleans()))]
        ends = (9, 10, 10 + draw(st.integers(0, 3)))
    if draw(st.booleans()) and not numbers:
        controllers.append(("c1", "level", ends[1], ends[2], [], draw(st.integers(0, 3)) == 0))
    for d in devices:
        if draw(st.integers(0, 3)) == 0:
            d.only_from = [draw(st.sampled_from(controllers))[0]]
        d.shared = draw(st.integers(0, 5)) == 0
    return Spec(
        params,
        draw(_maybe(st.sampled_from(assumes), 0.2)),
        draw(st.integers(1, 3)),
        draw(_maybe(st.integers(1, 6), 0.5)),
        controllers,
        made,
        transport,
        devices,
        draw(st.lists(st.sampled_from(some), max_size=2, unique=True)),
    )
