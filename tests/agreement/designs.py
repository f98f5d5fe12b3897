"""Small random designs with programs: plain data, from which text of the language is written.

A statement is a tuple whose first part says what it is; a block is a tuple of statements. A line is
`("of", "q")`, `("config",)`, `("at", 1)` or `("l",)`. A condition is `("bit", "s", "A")`,
`("pending", "q")`, `("wants", "q")`, `("wants_last", "q")`, `("asserted", LINE)`,
`("masked", LINE)`, `("fact", "q.index == 0")`, or made of others by `not`, `and`, `or`.

Programs start from some that a driver could have, and are then spoiled: statements are left out,
done twice, exchanged, replaced and wrapped in one another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

S = tuple[Any, ...]
"""A statement, a condition or a line."""
B = tuple[S, ...]


@dataclass(frozen=True)
class Register:
    name: str
    bits: tuple[str, ...]
    per: str = ""
    clears: bool = False


@dataclass(frozen=True)
class Wire:
    """`bits`: the line follows any of these bits of registers."""

    bits: tuple[tuple[str, str], ...]
    resample: bool = False


@dataclass(frozen=True)
class Design:
    """`requests`: lines from, to (both as formulas), and the handler of that place."""

    trigger: str = "edge"
    lines: tuple[int, int] = (1, 1)
    most: int = 3
    config: bool = False
    polled: bool = False
    queue_to: str = "0"
    config_to: str = "0"
    registers: tuple[Register, ...] = ()
    signal: B = ()
    config_signal: B = ()
    wires: tuple[Wire, ...] = ()
    handlers: tuple[B, ...] = ()
    requests: tuple[tuple[str, str, int], ...] = (("0", "lines-1", 0),)
    service: B | None = None
    deferred: bool = False
    suppression: str = "none"
    memory: str = "sc"
    keeps_pending: bool = True


# Text


def text(d: Design) -> str:
    """The design in the language."""
    polled = "  queue ctl at n { role ctl polled }\n" if d.polled else ""
    registers = "".join(_register(r) for r in d.registers)
    rules = f"queue q -> line {d.queue_to}; config -> line {d.config_to};"
    asks = " ".join(f"request lines {a}..{b} with h{k}" for a, b, k in d.requests)
    wires = "".join(_wire(w) for w in d.wires)
    handlers = "".join(f"  handler h{k} on line l {_block(b)}\n" for k, b in enumerate(d.handlers))
    used = {k for _, _, k in d.requests}
    assert used <= set(range(len(d.handlers)))
    deferred = " deferred" if d.deferred else ""
    service = "" if d.service is None else f"  service work(q){deferred} {_block(d.service)}\n"
    lo, hi = d.lines
    config = f"  signal config {_block(d.config_signal)}\n" if d.config else ""
    return f"""\
param n in 1..{d.most}
platform box {{ cpus 2 controller c : {d.trigger} {{ lines 0..127 }} }}
device_type blk(n: 1..64) {{
  id 2
  queue req[i in 0..n-1] at i {{ role req }}
{polled}  {"config_change" if d.config else ""}
}}
transport t {{
  pool p : {d.trigger}{"" if d.keeps_pending else " no pending"}
  suppression {d.suppression}
  memory {d.memory}
{registers}  map in transport {{ {rules} {asks} }}
  map in device {{ {rules} }}
  signal queue q {_block(d.signal)}
{config}{wires}{handlers}{service}}}
device d : blk(n) on t {{ lines {lo}..{hi} of p {"service work" if service else ""} }}
check no_lost_notifications
"""


def _register(r: Register) -> str:
    per = f" per {r.per}" if r.per else ""
    return f"  register {r.name} {{ {', '.join(r.bits)} }}{per}{' clears on read' * r.clears}\n"


def _wire(w: Wire) -> str:
    some = " or ".join(f"{r}.{b}" for r, b in w.bits)
    return f"  drive line l while {some}{' resample' * w.resample}\n"


def _block(b: B) -> str:
    return "{ " + "; ".join(_statement(s) for s in b) + " }"


def _line(x: S) -> str:
    match x:
        case ("of", q):
            return f"line({q})"
        case ("config",):
            return "line(config)"
        case ("at", k):
            return f"line[{k}]"
    return "l"


def _where(name: str, of: Any) -> str:
    if of is None:
        return name
    return f"{name}[{of if isinstance(of, str) else _line(of)}]"


def _statement(s: S) -> str:
    match s:
        case ("read", x, r, of):
            return f"{x} = read {_where(r, of)}"
        case ("set" | "clear" as verb, r, of, bits):
            return f"{verb} {_where(r, of)}.{{{', '.join(bits)}}}"
        case ("clear mask", r, of, x):
            return f"clear {_where(r, of)} {x}"
        case ("raise" | "lower" | "pulse" | "mask" | "unmask" as verb, line):
            return f"{verb} {_line(line)}"
        case ("if", c, then, other):
            return f"if {_condition(c)} {_block(then)}" + (
                f" else {_block(other)}" if other else ""
            )
        case ("loop", body):
            return f"loop {_block(body)}"
        case ("while", c, body):
            return f"while {_condition(c)} {_block(body)}"
        case ("for", q, line, c, body):
            among = "in queues" if line is None else f"on {_line(line)}"
            return f"for {q} {among}{f' where {_condition(c)}' if c else ''} {_block(body)}"
        case ("lock", name, body):
            return f"lock {name} {_block(body)}"
        case ("let", x, c):
            return f"{x} = {_condition(c)}"
        case _:
            return " ".join(s)


def _condition(c: S) -> str:
    match c:
        case ("bit", x, bit):
            return f"{x}.{bit}"
        case ("local", x):
            return str(x)
        case ("asserted" | "masked" as verb, line):
            return f"{verb} {_line(line)}"
        case ("fact", words):
            return str(words)
        case ("not", a):
            return f"(not {_condition(a)})"
        case ("and" | "or" as op, a, b):
            return f"({_condition(a)} {op} {_condition(b)})"
        case (verb, q):
            return f"{verb} {q}"
    raise TypeError(c)


# Drawing


@dataclass
class Draw:
    """Choices, whoever makes them: Hypothesis, or a generator of random numbers."""

    pick: Callable[[Sequence[Any]], Any]

    def chance(self, percent: int) -> bool:
        # The less surprising choice comes first: that is where Hypothesis shrinks to.
        return bool(self.pick([False] * (20 - percent // 5) + [True] * (percent // 5)))


@dataclass
class Names:
    """What a statement at some place may name."""

    registers: tuple[Register, ...]
    queues: tuple[str, ...] = ()
    reads: tuple[tuple[str, tuple[str, ...]], ...] = ()
    has_line: bool = True
    has_config: bool = False
    inside_loop: bool = False
    is_device: bool = False
    completes: bool = False
    services: bool = True
    locks: tuple[str, ...] = field(default=("m", "k"))


CHOICES = 160
"""As many as a design is made of, or nearly; the rest are the least surprising ones."""


def drawn(make: Callable[[Draw], Design]) -> st.SearchStrategy[Design]:
    """Designs made of one string of bytes, a byte a choice: that is ten times as fast as draws.

    Hypothesis makes bytes small, and the first of the choices is what it then comes to.
    """
    return st.binary(min_size=CHOICES, max_size=CHOICES).map(lambda b: make(by_bytes(b)))


def by_bytes(some: bytes) -> Draw:
    """Choices by these bytes, one after the other."""
    left = iter(some)
    return Draw(lambda among: among[next(left, 0) % len(among)])


def design(d: Draw, *, spoil: bool = True) -> Design:
    """A design; without `spoil` as somebody could have meant it."""
    lo = d.pick([1, 1, 1, 2])
    most = d.pick([3, 2, 1, 64])
    base = Design(
        trigger=d.pick(["edge", "edge", "level", "level", "message"]),
        lines=(lo, d.pick([x for x in (1, 2, 2, 3, 3) if x >= lo])),
        most=most,
        config=d.chance(40),
        polled=d.chance(10),
        queue_to=d.pick(
            ["q.index % lines", "q.index % lines", "0", "q.index / 2 % lines", "lines - 1"]
        ),
        config_to=d.pick(["0", "0", "lines - 1"]),
        suppression=d.pick(["none"] * 5 + ["flags", "flags", "event_idx"]),
        memory=d.pick(["tso", "relaxed"]) if d.chance(10) else "sc",
    )
    base = _with_requests(d, base)
    base = _with_service(d, base)
    made = d.pick(_SHAPES)(d, base)
    return spoiled(d, made) if spoil else made


def _with_requests(d: Draw, x: Design) -> Design:
    some = (
        [(("0", "lines-1", 0),)] * 3
        + [(("0", "0", 0), ("1", "lines-1", 1))]
        + [(("0", "lines-1", 0), ("0", "lines-1", 1))]
        + [(("0", "0", 1), ("0", "lines-1", 0))]
    )
    return replace(x, requests=d.pick(some))


def _with_service(d: Draw, x: Design) -> Design:
    recheck: B = (
        ("loop", (("disable", "q"), ("drain", "q"), ("enable", "q"),
                  ("if", ("not", ("pending", "q")), (("stop",),), ()))),
    )  # fmt: skip
    napi: B = (("disable", "q"), ("drain", "q"), ("enable", "q"), ("complete", "q"),
               ("if", ("pending", "q"), (("schedule", "q"),), ()))  # fmt: skip
    one: B = (("while", ("pending", "q"), (("drain_one", "q"),)),)
    tasklet: B = (("drain", "q"),)
    if x.suppression == "none":
        kinds: list[tuple[B | None, bool]] = [(None, False)] * 4
        kinds += [(one, False), (tasklet, True), (recheck, False), (napi, True)]
    else:
        kinds = [(recheck, False), (recheck, False), (napi, True), (napi, True), (None, False)]
    body, deferred = d.pick(kinds)
    return replace(x, service=body, deferred=deferred)


def _raises(x: Design) -> str:
    return "raise" if x.trigger != "message" else "pulse"


def _status(d: Draw, x: Design, per: str, bits: tuple[str, ...]) -> Register:
    return Register("status", bits, per, d.chance(20))


def _shared_status(d: Draw, x: Design) -> Design:
    """One status for all, every queue is served: virtio-mmio."""
    status = _status(d, x, "", ("A", "B"))
    every = d.pick([None, None, ("l",)])
    own_bit = d.chance(50)
    body: list[S] = [("read", "s", "status", None)]
    if not status.clears:
        body.append(("clear mask", "status", None, "s"))
    if x.config:
        body.append(("if", ("bit", "s", "B" if own_bit else "A"), (("notify", "config"),), ()))
    serve: S = ("for", "q", every, None, (("service", "q"),))
    if d.chance(30):
        serve = ("lock", "m", (serve,))
    body.append(("if", ("bit", "s", "A"), (serve,), ()))
    signal: B = (("set", "status", None, ("A",)),)
    config: B = (("set", "status", None, ("B" if own_bit else "A",)),)
    out = replace(x, registers=(status,), handlers=_alike(d, x, tuple(body)))
    return _told(d, out, signal, config, (("status", "A"), ("status", "B")))


def _line_status(d: Draw, x: Design) -> Design:
    """A status of each line, whose queues are served."""
    status = _status(d, x, "line", ("A", "B"))
    body: list[S] = [("read", "s", "status", ("l",))]
    if not status.clears:
        body.append(("clear mask", "status", ("l",), "s"))
    if x.config:
        body.append(("if", ("bit", "s", "B"), (("notify", "config"),), ()))
    serve: S = ("for", "q", ("l",), None, (("service", "q"),))
    body.append(("if", ("bit", "s", "A"), (serve,), ()))
    signal: B = (("set", "status", ("of", "q"), ("A",)),)
    config: B = (("set", "status", ("config",), ("B",)),)
    out = replace(x, registers=(status,), handlers=_alike(d, x, tuple(body)))
    return _told(d, out, signal, config, (("status", "A"), ("status", "B")))


def _indicators(d: Draw, x: Design) -> Design:
    """A bit of each queue: virtio-ccw."""
    status = Register("status", ("A",), "queue", d.chance(20))
    one: list[S] = [("read", "s", "status", "q")]
    clear: B = () if status.clears else (("clear", "status", "q", ("A",)),)
    one.append(("if", ("bit", "s", "A"), (*clear, ("service", "q")), ()))
    body: B = (("for", "q", d.pick([None, ("l",)]), None, tuple(one)),)
    if x.config:
        body = (*body, ("notify", "config"))
    signal: B = (("set", "status", "q", ("A",)),)
    out = replace(x, registers=(status,), handlers=_alike(d, x, body))
    return _told(d, out, signal, (), ())


def _no_status(d: Draw, x: Design) -> Design:
    """The handler serves what is on its line: virtio-pci with MSI-X."""
    other = Register("status", ("A", "B"), d.pick(["", "line"]))
    queues = d.pick([("l",), ("l",), None, ("at", 0), ("config",)])
    body: B = (("for", "q", queues, None, (("service", "q"),)),)
    if x.config:
        body = (("notify", "config"), *body)
    out = replace(x, registers=(other,), handlers=_alike(d, x, body))
    out = replace(out, signal=((_raises(x), ("of", "q")),))
    out = replace(out, config_signal=((_raises(x), ("config",)),) if x.config else ())
    if x.trigger == "level":
        out = replace(out, signal=(("pulse", ("of", "q")),))
        out = replace(out, config_signal=(("pulse", ("config",)),) if x.config else ())
    return out


def _looping(d: Draw, x: Design) -> Design:
    """The handler reads the status until nothing is set."""
    status = _status(d, x, d.pick(["", "line"]), ("A", "B"))
    of: S | None = ("l",) if status.per else None
    queues: S | None = ("l",) if status.per else None
    body: list[S] = [("read", "s", "status", of)]
    body.append(("if", ("not", ("or", ("bit", "s", "A"), ("bit", "s", "B"))), (("stop",),), ()))
    if not status.clears:
        body.append(("clear mask", "status", of, "s"))
    if x.config:
        body.append(("if", ("bit", "s", "B"), (("notify", "config"),), ()))
    serve: S = ("for", "q", queues, None, (("service", "q"),))
    body.append(d.pick([serve, ("if", ("bit", "s", "A"), (serve,), ())]))
    per: S | None = ("of", "q") if status.per else None
    per_config: S | None = ("config",) if status.per else None
    signal: B = (("set", "status", per, ("A",)),)
    config: B = (("set", "status", per_config, ("B",)),)
    out = replace(x, registers=(status,), handlers=_alike(d, x, (("loop", tuple(body)),)))
    return _told(d, out, signal, config, (("status", "A"), ("status", "B")))


_SHAPES = [_shared_status, _shared_status, _line_status, _indicators, _no_status, _looping]


def _alike(d: Draw, x: Design, body: B) -> tuple[B, ...]:
    """A body for each handler that is requested; they may differ in part."""
    count = 1 + max(k for _, _, k in x.requests)
    out = [body]
    for _ in range(1, count):
        out.append(body if d.chance(60) else tuple(s for s in body if d.chance(70)))
    return tuple(out)


def _told(d: Draw, x: Design, signal: B, config: B, bits: tuple[tuple[str, str], ...]) -> Design:
    """The device drives the line itself, or the line follows the bits."""
    usable = tuple((r, b) for r, b in bits if any(y.name == r and y.per != "queue"
                                                  for y in x.registers))  # fmt: skip
    wire = usable and (x.trigger == "level" or d.chance(15))
    if wire and d.chance(90):
        wires: tuple[Wire, ...] = (Wire(usable, resample=d.chance(35)),)
        if d.chance(20):
            wires = tuple(Wire((b,), w.resample) for w in wires for b in w.bits)
        if any(w.resample for w in wires):
            signal = (*signal, ("raise", ("of", "q")))
            config = (*config, ("raise", ("config",)))
    else:
        wires = ()
        how = "pulse" if x.trigger == "level" else _raises(x)
        signal = (*signal, (how, ("of", "q")))
        config = (*config, (how, ("config",)))
    if x.suppression != "none" or d.chance(10):
        signal = (("if", (d.pick(["wants", "wants", "wants_last"]), "q"), signal, ()),)
    return replace(x, signal=signal, config_signal=config if x.config else (), wires=wires)


# Spoiling


def spoiled(d: Draw, x: Design) -> Design:
    """The design with up to four changes by chance."""
    for _ in range(d.pick([0, 0, 1, 1, 2, 3, 4])):
        where = d.pick(["handler", "handler", "handler", "signal", "config", "service", "wires"])
        if where == "handler":
            k = d.pick(range(len(x.handlers)))
            names = Names(x.registers, has_config=x.config)
            some = list(x.handlers)
            some[k] = _spoil(d, some[k], names)
            x = replace(x, handlers=tuple(some))
        elif where == "signal":
            names = Names(x.registers, ("q",), has_line=False, is_device=True,
                          has_config=x.config)  # fmt: skip
            x = replace(x, signal=_spoil(d, x.signal, names))
        elif where == "config" and x.config:
            names = Names(x.registers, (), has_line=False, is_device=True, has_config=True)
            x = replace(x, config_signal=_spoil(d, x.config_signal, names))
        elif where == "service" and x.service is not None:
            names = Names(x.registers, ("q",), has_line=False, services=False,
                          completes=x.deferred)  # fmt: skip
            x = replace(x, service=_spoil(d, x.service, names))
        elif where == "wires" and x.wires:
            k = d.pick(range(len(x.wires)))
            x = replace(x, wires=x.wires[:k] + x.wires[k + 1 :])
    return x


def _spoil(d: Draw, b: B, names: Names) -> B:
    """One change somewhere in the block."""
    if not b:
        return (statement(d, names),)
    k = d.pick(range(len(b)))
    s = b[k]
    inner = _inside(s)
    if inner and d.chance(65):
        which = d.pick(inner)
        return (*b[:k], _with(s, which, _spoil(d, s[which], _names(s, names, b[:k]))), *b[k + 1 :])
    names = _names(None, names, b[:k])
    match d.pick(["drop", "twice", "swap", "insert", "insert", "replace", "wrap", "move"]):
        case "drop":
            return b[:k] + b[k + 1 :]
        case "twice":
            return (*b[:k], s, *b[k:])
        case "swap" if len(b) > 1:
            j = d.pick([j for j in range(len(b)) if j != k])
            some = list(b)
            some[j], some[k] = some[k], some[j]
            return tuple(some)
        case "insert":
            return (*b[:k], statement(d, names), *b[k:])
        case "replace":
            return (*b[:k], statement(d, names), *b[k + 1 :])
        case "move":
            j = d.pick(range(len(b)))
            rest = [*b[:k], *b[k + 1 :]]
            return (*rest[:j], s, *rest[j:])
        case _:
            return (*b[:k], _wrapped(d, s, names), *b[k + 1 :])


def _wrapped(d: Draw, s: S, names: Names) -> S:
    match d.pick(["lock", "if", "loop", "unfold"]):
        case "lock":
            return ("lock", d.pick(names.locks), (s,))
        case "if":
            return ("if", condition(d, names), (s,), ())
        case "loop":
            return ("loop", (s, ("if", condition(d, names), (("stop",),), ())))
    inner = _inside(s)
    return s[inner[0]][0] if inner and s[inner[0]] and s[0] != "for" else s


def _inside(s: S) -> list[int]:
    """Where a statement has blocks."""
    match s[0]:
        case "if":
            return [2, 3]
        case "loop":
            return [1]
        case "while" | "lock":
            return [2]
        case "for":
            return [4]
    return []


def _with(s: S, k: int, b: B) -> S:
    return (*s[:k], b, *s[k + 1 :])


def _names(s: S | None, names: Names, before: B) -> Names:
    """What may be named inside of the statement, after these."""
    reads = names.reads + tuple(
        (x[1], next(r.bits for r in names.registers if r.name == x[2]))
        for x in before
        if x[0] == "read"
    )
    out = replace(names, reads=reads)
    if s is not None and s[0] == "for":
        out = replace(out, queues=(*names.queues, s[1]))
    if s is not None and s[0] in ("loop", "while", "for"):
        out = replace(out, inside_loop=True)
    return out


def _lines(d: Draw, names: Names) -> S:
    some: list[S] = [("of", q) for q in names.queues]
    some += [("l",)] * (2 * names.has_line) + [("config",)] * names.has_config
    some += [("at", 0), ("at", 1)]
    return tuple(d.pick(some))


def _register_place(d: Draw, names: Names) -> tuple[Register, Any] | None:
    usable = [r for r in names.registers if r.per != "queue" or names.queues]
    if not usable:
        return None
    r = d.pick(usable)
    if not r.per:
        return r, None
    if r.per == "queue":
        return r, d.pick(names.queues)
    return r, _lines(d, names)


def condition(d: Draw, names: Names, deep: int = 2) -> S:
    """A condition."""
    facts = ["lines > 1", "lines == 2"] + ["l == 0", "l < 1"] * names.has_line
    facts += [f"{q}.{f}" for q in names.queues for f in ("index == 0", "index % 2 == 1")]
    kinds = ["fact"]
    kinds += ["bit"] * (3 * bool(names.reads)) + ["queue"] * (2 * bool(names.queues))
    kinds += ["line"] + ["not", "and", "or"] * (deep > 0)
    match d.pick(kinds):
        case "bit":
            x, bits = d.pick(names.reads)
            return ("bit", x, d.pick(bits))
        case "queue":
            looks = ["wants", "wants_last"] if names.is_device else ["pending"]
            return (d.pick(looks), d.pick(names.queues))
        case "line":
            line = _lines(d, names)
            if line[0] != "at":
                return (d.pick(["asserted", "asserted", "masked"]), line)
        case "not":
            return ("not", condition(d, names, deep - 1))
        case "and" | "or" as op:
            return (op, condition(d, names, deep - 1), condition(d, names, deep - 1))
    return ("fact", d.pick(facts))


def statement(d: Draw, names: Names, deep: int = 2) -> S:
    """A statement."""
    if names.is_device:
        kinds = ["set", "drive", "drive", "if", "publish"]
    else:
        kinds = ["read", "clear", "mask", "clear", "queue", "queue", "if", "for", "for", "lock",
                 "loop", "leave", "config", "fence"]  # fmt: skip
    match d.pick(kinds):
        case "set" | "clear" as verb if at := _register_place(d, names):
            return (verb, at[0].name, at[1], (d.pick(at[0].bits),))
        case "read" if at := _register_place(d, names):
            return ("read", d.pick(["s", "t"]), at[0].name, at[1])
        case "drive":
            return (d.pick(["raise", "lower", "pulse"]), _lines(d, names))
        case "mask":
            return (d.pick(["mask", "unmask"]), _lines(d, names))
        case "queue" if names.queues:
            verbs = ["drain", "enable", "disable", "drain_one"]
            verbs += ["service"] * (3 * names.services) + ["complete", "schedule"] * names.completes
            return (d.pick(verbs), d.pick(names.queues))
        case "if":
            inner = _few(d, names, deep) if deep else (statement(d, names, 0),)
            return ("if", condition(d, names), inner, ())
        case "for":
            q = "r" if "q" in names.queues else "q"
            line = d.pick([None, "line"])
            inside = replace(names, queues=(*names.queues, q), inside_loop=True)
            body = _few(d, inside, deep - 1) if deep > 0 else (("drain", q),)
            if names.services and d.chance(60):
                body = (("service", q),)
            where = condition(d, inside, 0) if d.chance(20) else None
            return ("for", q, _lines(d, names) if line else None, where, body)
        case "lock" if deep:
            return ("lock", d.pick(names.locks), _few(d, names, deep - 1))
        case "loop" if deep:
            inside = replace(names, inside_loop=True)
            if names.queues and d.chance(50):
                return ("while", ("pending", d.pick(names.queues)), _few(d, inside, deep - 1))
            return ("loop", (*_few(d, inside, deep - 1), ("stop",)))
        case "leave":
            leaves = names.has_line and d.chance(50)
            return ("return", "handled") if leaves else ("stop",)
        case "publish":
            return ("publish", d.pick(names.queues)) if names.queues else ("publish", "config")
        case "config" if names.has_config:
            return ("notify", "config")
    return ("fence",)


def _few(d: Draw, names: Names, deep: int) -> B:
    return tuple(statement(d, names, deep - 1) for _ in range(d.pick([1, 1, 2])))
