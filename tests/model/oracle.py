"""The properties by brute force: every value, feature, grant and numbering of a small design.

Written from the documentation of the properties, not from their code: what a `holds` is worth is
seen where two people would have made different mistakes.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from typing import Any

from tests.model.designs import Attempt, Device, Env, Family, Rule, Spec, Undefined, ev

_MOST_PATHS = 3000


class TooMuch(Exception):
    """Not small enough to be enumerated."""


@dataclass
class Found:
    """What was seen of a property.

    `bad`: it is violated; `doubtful`: so by some reading of the documentation; `happens`: something
    was there that could have violated it.
    """

    bad: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    happens: bool = False
    never: list[str] = field(default_factory=list)
    """Devices that want notifications, and that no line can be granted to."""


@dataclass
class Row:
    name: str
    family: str
    nth: int
    facts: Env
    callback: bool
    driver: tuple[str, Any] = ("", None)
    """`line` with an ordinal (None: no granted line has the number), `none`, `unmapped`, ..."""
    device: tuple[str, Any] = ("", None)


@dataclass
class World:
    """One device, with everything decided."""

    spec: Spec
    device: Device
    env: Env
    attempt: Attempt | None = None
    lines: int = 0
    numbers: tuple[int, ...] = ()
    rows: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        values = {k: v for k, v in self.env.items() if k in ("n", "m", "x", "F", "G")}
        taken = self.attempt.name if self.attempt else "none"
        return f"{self.device.name} {values} {taken} lines {self.lines} {self.numbers}"


def params(s: Spec) -> Iterator[Env]:
    def go(todo: list[Any], env: Env) -> Iterator[Env]:
        if not todo:
            yield env
            return
        name, lo, hi = todo[0]
        for v in range(ev(lo, env), ev(hi, env) + 1):
            yield from go(todo[1:], {**env, name: v})

    for env in go(s.params, {}):
        if s.assume is None or "d0.lines" in str(s.assume) or ev(s.assume, env):
            yield env


def device_envs(s: Spec, d: Device) -> Iterator[Env]:
    """Parameters, index and features, and what follows of them."""
    for env in params(s):
        for x in range(1 if d.array is None else ev(d.array, env) + 1):
            own = {**env, "x": x} if d.array is not None else env
            k = ev(d.arg, own)
            free = [f for f in d.type.features if f not in d.features]
            for chosen in product((False, True), repeat=len(free)):
                has = {**d.features, **dict(zip(free, chosen, strict=True))}
                out = {**own, "k": k, "device.arg.k": k, "device.id": d.type.id, "cpus": s.cpus}
                out |= {f"device.feature.{f}": has.get(f, False) for f in "FG"}
                yield out | has


def _true(e: Any, env: Env) -> bool:
    return e is None or bool(ev(e, env))


def queues(d: Device, env: Env) -> list[Row]:
    out = []
    for f in d.type.families:
        if not _true(f.present, env):
            continue
        some = [0] if f.single else range(ev(f.lo, env), ev(f.hi, env) + 1)
        out += [_queue(f, {**env, "i": i}, i) for i in some]
    return sorted(out, key=lambda r: r.facts["q.index"])


def _queue(f: Family, env: Env, i: int) -> Row:
    callback = True
    if f.callback:
        callback = _true(f.callback[1], env) == (f.callback[0] == "callback")
    facts = {
        "q.index": ev(f.at, env),
        "q.nth": i,
        "q.role": f.role,
        "q.family": f.name,
        "q.callback": callback,
        "q.slow": False if f.slow is None else bool(ev(f.slow, env)),
        "q.hint.g": 0 if f.hint is None else ev(f.hint, env),
    }
    return Row(f"{f.name}[{i}]", f.name, i, facts, callback)


def malformed(s: Spec) -> set[str]:
    """What makes a design meaningless."""
    out = set()
    for d in s.devices:
        for env in device_envs(s, d):
            rows = queues(d, env)
            index = [r.facts["q.index"] for r in rows]
            out |= {"index"} if len(set(index)) < len(index) else set()
            out |= {"negative"} if any(i < 0 for i in index) else set()
            out |= {"argument"} if not 0 <= env["k"] <= 9 else set()
            out |= {"empty" for lo, hi in d.asks.values() if ev(lo, env) > ev(hi, env)}
            env = {**env, "#": [r.facts for r in rows]}
            for a in s.transport.attempts:
                if a.takes is not None and _true(a.when, env) and ev(a.takes, env) < 0:
                    out.add("empty")
    return out


def usable(s: Spec, d: Device) -> list[int]:
    return [
        i
        for name, _, lo, hi, gone, _ in s.controllers
        for i in range(lo, hi + 1)
        if i not in gone and (not d.only_from or name in d.only_from)
    ]


def promised(s: Spec, d: Device) -> list[bool]:
    """Which of its controllers promise contiguous numbers."""
    return [c[5] for c in s.controllers if not d.only_from or c[0] in d.only_from]


def possible(s: Spec, d: Device, lines: int) -> Iterator[frozenset[int]]:
    """The numbers that so many lines of the device may have."""
    free = usable(s, d)
    if isinstance(d.numbers, list) and len(d.numbers) == lines and _is_listed(s, d):
        yield from [frozenset(d.numbers)] if set(d.numbers) <= set(free) else []
    elif d.numbers == "contiguous" or (d.numbers is None and all(promised(s, d))):
        runs = (frozenset(range(b, b + lines)) for b in free) if lines else iter([frozenset()])
        yield from (r for r in runs if r <= set(free))
    else:
        for some in combinations(free, lines):
            if d.numbers is not None or _promises_kept(s, some):
                yield frozenset(some)


def can_have(s: Spec, d: Device, lines: int) -> bool:
    """Whether there are numbers for so many lines; those that are listed, if it lists so many."""
    if isinstance(d.numbers, list) and len(d.numbers) == lines:
        return set(d.numbers) <= set(usable(s, d))
    return any(True for _ in possible(s, d, lines))


def _promises_kept(s: Spec, some: tuple[int, ...]) -> bool:
    """What is of a controller that promises it goes on from one to the next."""
    for _, _, lo, hi, _, run in s.controllers:
        own = sorted(n for n in some if lo <= n <= hi)
        if run and own and own[-1] - own[0] + 1 != len(own):
            return False
    return True


def _is_listed(s: Spec, d: Device) -> bool:
    """Whether its lines surely are those that it lists."""
    if not isinstance(d.numbers, list) or len(d.asks) != 1:
        return False
    ((lo, hi),) = d.asks.values()
    return not s.transport.policy or lo == hi == len(d.numbers)


def numberings(s: Spec, d: Device, a: Attempt, lines: int) -> Iterator[tuple[int, ...]]:
    if "number" not in {r.kind for r in a.rules} and "'base'" not in str((a, s.transport.device)):
        yield tuple(range(lines))
        return
    free = usable(s, d)
    if isinstance(d.numbers, list) and len(d.numbers) == lines:
        some: Any = [tuple(d.numbers)]
    elif d.numbers == "contiguous" or (d.numbers is None and all(promised(s, d))):
        some = [tuple(range(b, b + lines)) for b in free]
    else:
        some = permutations(free, lines)
    yield from (x for x in some if set(x) <= set(free))


def grants(s: Spec, d: Device) -> Iterator[tuple[Env, list[Row], Attempt | None, int]]:
    """Each way to decide what the device is and what it is granted, and which attempt wins."""
    for env in device_envs(s, d):
        rows = queues(d, env)
        env = {**env, "#": [r.facts for r in rows]}
        ranges = [range(ev(lo, env), ev(hi, env) + 1) for lo, hi in d.asks.values()]
        for some in product(*ranges):
            won = _wins(s, d, env, dict(zip(d.asks, some, strict=True)))
            if won is not None:
                yield env, rows, *won


def _wins(s: Spec, d: Device, env: Env, grant: dict[str, int]) -> tuple[Attempt | None, int] | None:
    """The attempt, and how many lines it takes; None: the design rules such a grant out."""
    for a in s.transport.attempts:
        lines = grant[a.pool] if a.takes is None else ev(a.takes, env)
        if not _true(a.when, env) or lines > grant[a.pool]:
            continue
        if a.takes is None and isinstance(d.numbers, list) and len(d.numbers) != lines:
            return None
        of_lines = s.assume is not None and d.name == "d0" and "d0.lines" in str(s.assume)
        return None if of_lines and not ev(s.assume, {"d0.lines": lines}) else (a, lines)
    return None, 0


def worlds(s: Spec, d: Device) -> Iterator[World]:
    for env, rows, a, lines in grants(s, d):
        if a is None:
            yield World(s, d, env)
            continue
        for numbers in numberings(s, d, a, lines):
            full = {**env, "lines": lines, "base": min(numbers, default=0)}
            w = World(s, d, full, a, lines, numbers)
            w.rows = [Row(r.name, r.family, r.nth, r.facts, r.callback) for r in rows]
            if _config(d, env):
                w.rows.append(Row("config", "", 0, {}, True))
            for r in w.rows:
                r.driver = land(w, a.rules, r)
                dev = s.transport.device
                r.device = r.driver if dev is None else land(w, dev, r)
            yield w


def _config(d: Device, env: Env) -> bool:
    return d.type.config is not None and _true(d.type.config, env)


def land(w: World, rules: list[Rule], r: Row) -> tuple[str, Any]:
    env = {**w.env, **r.facts}
    for rule in rules:
        if rule.config != (not r.family):
            continue
        try:
            if not _true(rule.when, env):
                continue
            if rule.kind == "none":
                return "none", None
            v = ev(rule.to, env)
        except Undefined:
            return "undefined", None
        if rule.kind == "line":
            return "line", v
        return "line", w.numbers.index(v) if v in w.numbers else ("number", v)
    return "unmapped", None


# Handlers, on every path


class _Stop(Exception):
    pass


class _Return(Exception):
    pass


class Run:
    """One path through a handler; `choices` decides what only the run decides."""

    def __init__(self, w: World, line: int, choices: list[bool]) -> None:
        self.w, self.line, self.choices = w, line, choices
        self.at = 0
        self.served: set[str] = set()

    def choose(self) -> bool:
        if self.at == len(self.choices):
            self.choices.append(False)
        self.at += 1
        return self.choices[self.at - 1]

    def block(self, body: list[Any], env: Env, reads: dict[str, bool]) -> None:
        for s in body:
            self.statement(s, env, reads)

    def test(self, c: Any, env: Env, reads: dict[str, bool]) -> bool:
        for bit in "ABC":
            if f"s.{bit}" in str(c) and bit not in reads:
                reads[bit] = bit in self.w.spec.transport.settable and self.choose()
        return bool(ev(c, {**env, **{f"s.{b}": v for b, v in reads.items()}}))

    def statement(self, s: Any, env: Env, reads: dict[str, bool]) -> None:
        match s:
            case "s = read status":
                reads.clear()
            case "notify config":
                self.served.add("config")
            case "stop":
                raise _Stop
            case "return handled":
                raise _Return
            case ("set", name, c):
                env[name] = self.test(c, env, reads)
            case ("if", c, a, b):
                self.block(a if self.test(c, env, reads) else b, env, reads)
            case ("loop", body):
                self.loop(lambda: self.block(body, env, reads), 5)
            case ("for", _, _, _, _):
                self.each(s, env, reads)
            case ("drain", v):
                self.served.add(env[f"{v}.name"])
            case ("service", v):
                self.service(env, v)

    def loop(self, f: Any, times: int) -> None:
        try:
            for _ in range(times):
                f()
        except _Stop:
            pass

    def each(self, s: Any, env: Env, reads: dict[str, bool]) -> None:
        _, v, line, where, body = s
        config = next(
            (r.driver[1] for r in self.w.rows if not r.family and r.driver[0] == "line"), None
        )
        number = {"l": self.line, "line[0]": 0, "line(config)": config}.get(line)

        def rounds() -> None:
            for r in self.w.rows:
                if not r.family or (line is not None and (r.driver != ("line", number))):
                    continue
                self.named(env, v, r)
                if where is None or self.test(where, env, reads):
                    self.block(body, env, reads)

        self.loop(rounds, 1)

    def named(self, env: Env, v: str, r: Row) -> None:
        env.update({v + k.removeprefix("q"): x for k, x in r.facts.items()})
        env[f"{v}.name"] = r.name

    def service(self, env: Env, v: str) -> None:
        if not self.w.device.service:
            self.served.add(env[f"{v}.name"])
            return
        row = next(r for r in self.w.rows if r.name == env[f"{v}.name"])
        own = dict(self.w.env)
        self.named(own, "q", row)
        with contextlib.suppress(_Stop, _Return):
            self.block(self.w.spec.transport.service or [], own, {})


def can_serve(w: World, handler: str, line: int) -> set[str]:
    """All that some path serves."""
    out: set[str] = set()
    choices: list[bool] = []
    for _ in range(_MOST_PATHS):
        run = Run(w, line, choices)
        with contextlib.suppress(_Stop, _Return):
            run.block(w.spec.transport.handlers[handler], {**w.env, "l": line}, {})
        out |= run.served
        while choices and choices[-1]:
            choices.pop()
        if not choices:
            return out
        choices[-1] = True
    raise TooMuch


# Properties


def coverage(s: Spec, found: Found) -> None:
    for d in s.devices:
        wants = False
        able_to_have: dict[int, bool] = {}
        # A number that is none makes no world, where maps ask for numbers.
        for env, rows, a, lines in grants(s, d):
            wants |= a is not None and (_config(d, env) or any(r.callback for r in rows))
            if lines not in able_to_have:
                able_to_have[lines] = lines > 0 and can_have(s, d, lines)
        for w in worlds(s, d):
            if w.attempt is None:
                found.bad.append(f"ladder: {w.name}")
                continue
            able: dict[tuple[str, int], set[str]] = {}
            for r in [*w.rows, *_unchanging(w)]:
                if r.callback:
                    found.happens |= r.device[0] == "line"
                    why = _uncovered(w, r, able)
                    if why:
                        found.bad.append(f"{why}: {w.name} {r.name}")
                elif "undefined" in (r.driver[0], r.device[0]):
                    found.bad.append(f"undefined: {w.name} {r.name}")
        if wants and not any(able_to_have.values()):
            found.never.append(d.name)


def _unchanging(w: World) -> Iterator[Row]:
    """The configuration of a device that never changes it: its map is evaluated all the same."""
    if w.attempt is not None and all(r.family for r in w.rows):
        r = Row("config", "", 0, {}, False)
        r.driver = land(w, w.attempt.rules, r)
        dev = w.spec.transport.device
        r.device = r.driver if dev is None else land(w, dev, r)
        yield r


def _uncovered(w: World, r: Row, able: dict[tuple[str, int], set[str]]) -> str:
    if "undefined" in (r.driver[0], r.device[0]):
        return "undefined"
    for kind, line in (r.driver, r.device):
        if kind != "line" or not isinstance(line, int) or not 0 <= line < w.lines:
            return "no line"
    if r.driver != r.device:
        return "disagree"
    line = r.device[1]
    asked = [q for q in (w.attempt.requests if w.attempt else []) if _asked(q, w, line)]
    for _, _, h, _ in asked:
        if (h, line) not in able:
            able[h, line] = can_serve(w, h, line)
    return "" if any(r.name in able[h, line] for _, _, h, _ in asked) else "not served"


def _asked(q: Any, w: World, line: int) -> bool:
    lo, hi, _, when = q
    env = {**w.env, "l": line}
    return _true(when, env) and ev(lo, env) <= line <= ev(hi, env)


def economy(s: Spec, found: Found) -> None:
    for d in s.devices:
        for w in worlds(s, d):
            found.happens |= w.lines > 0
            for r in w.rows:
                if not r.callback and r.driver[0] == "line":
                    on = isinstance(r.driver[1], int) and 0 <= r.driver[1] < w.lines
                    (found.bad if on else found.doubtful).append(f"polled: {w.name} {r.name}")
            taken = {r.driver[1] for r in w.rows if r.callback and r.driver[0] == "line"}
            found.bad += [f"idle: {w.name} {k}" for k in range(w.lines) if k not in taken]


def pair_affinity(s: Spec, found: Found) -> None:
    for d in s.devices:
        for w in worlds(s, d) if d.type.pair else ():
            a, b = ([r for r in w.rows if r.family == f and _wants(r)] for f in d.type.pair or ())
            for x in a:
                for y in b:
                    if x.nth == y.nth:
                        found.happens = True
                        _apart(w, x, y, found)
            first, second = d.type.pair or ("", "")
            polled = {r.nth for r in w.rows if r.family == first and not r.callback}
            stands = [*a, *(r for r in b if r.nth in polled and second != first)]
            if d.affinity is None:
                _spread(w, stands, found)
            else:
                _balance(s, w, stands, found)


def _wants(r: Row) -> bool:
    return r.callback and r.driver[0] == "line"


def _cpus(w: World, x: Row) -> set[int]:
    assert w.device.affinity
    how, cpu = w.device.affinity
    if how == "line":
        line = x.driver[1]
        return {ev(cpu, {**w.env, "l": line})} if isinstance(line, int) and line >= 0 else set()
    on = [r for r in w.rows if r.family and _wants(r) and r.driver == x.driver]
    return {ev(cpu, {**w.env, **r.facts}) for r in on if r.facts["q.nth"] >= -1}


def _apart(w: World, x: Row, y: Row, found: Found) -> None:
    if x.driver == y.driver:
        return
    sure = all(isinstance(r.driver[1], int) and 0 <= r.driver[1] < w.lines for r in (x, y))
    differ = w.device.affinity is None or len(_cpus(w, x) | _cpus(w, y)) > 1
    if differ:
        (found.bad if sure else found.doubtful).append(f"pair: {w.name} {x.name} {y.name}")


def _spread(w: World, a: list[Row], found: Found) -> None:
    lines = Counter(r.driver for r in a)
    config = {r.driver for r in w.rows if not r.family}
    idle = [k for k in range(w.lines) if ("line", k) not in lines and ("line", k) not in config]
    crowd = [k for k, n in lines.items() if n > 1]
    sure = [k for _, k in crowd if isinstance(k, int) and 0 <= k < w.lines]
    if idle and crowd:
        (found.bad if sure else found.doubtful).append(f"spread: {w.name} {crowd} {idle}")


def _balance(s: Spec, w: World, a: list[Row], found: Found) -> None:
    assert w.device.affinity
    how, cpu = w.device.affinity
    asked: Counter[int] = Counter()
    for r in a:
        line = r.driver[1]
        if how == "queue":
            asked[ev(cpu, {**w.env, **r.facts})] += 1
        elif isinstance(line, int) and line >= 0:
            asked[ev(cpu, {**w.env, "l": line})] += 1
    idle = [k for k in range(s.cpus) if k not in asked]
    crowd = [k for k, n in asked.items() if n > 1]
    sure = all(isinstance(r.driver[1], int) and 0 <= r.driver[1] < w.lines for r in a)
    if idle and crowd:
        (found.bad if sure else found.doubtful).append(f"balance: {w.name} {crowd} {idle}")


def irq_limits(s: Spec, found: Found) -> None:
    for d in s.devices:
        listed = isinstance(d.numbers, list) and not set(d.numbers) <= set(usable(s, d))
        if listed and any(_copies(d, env) for env in params(s)):
            found.bad.append(f"listed: {d.name} {d.numbers}")
    every = [c[0] for c in s.controllers]
    for env in params(s):
        wants: list[tuple[Device, int]] = []
        for d in s.devices:
            for x in _copies(d, env):
                for lo, hi in d.asks.values():
                    wants.append((d, ev(lo, {**env, "x": x})))
                    found.happens |= ev(hi, {**env, "x": x}) > 0
        if not can_be_granted(s, wants):
            found.bad.append(f"numbers: {env} {[(d.name, n) for d, n in wants]}")
        need = sum(n for d, n in wants if not d.shared)
        need += _shared_lines([(frozenset(d.only_from or every), n) for d, n in wants if d.shared])
        if s.vectors is not None and need > s.cpus * s.vectors:
            found.bad.append(f"vectors: {env} {need}")
    for d in s.devices:
        if d.affinity is None:
            continue
        for w in worlds(s, d):
            _pinned(s, w, found)
            if s.vectors is None or d.affinity[0] != "line":
                continue
            on = Counter(ev(d.affinity[1], {**w.env, "l": k}) for k in range(w.lines))
            if max(on.values(), default=0) > s.vectors:
                found.bad.append(f"pinned: {w.name}")


def _pinned(s: Spec, w: World, found: Found) -> None:
    assert w.device.affinity
    how, cpu = w.device.affinity
    if how == "line":
        some: list[Env] = [{"l": k} for k in range(w.lines)]
    else:
        queues = [r for r in w.rows if r.family and r.callback]
        some = [r.facts for r in queues if r.driver[0] == "line"]
        gone = [r.facts for r in queues if r.driver[0] == "number"]
        if not all(0 <= ev(cpu, {**w.env, **facts}) < s.cpus for facts in gone):
            found.doubtful.append(f"no such CPU: {w.name}")
    there = [0 <= ev(cpu, {**w.env, **facts}) < s.cpus for facts in some]
    found.happens |= bool(there)
    if not all(there):
        found.bad.append(f"no such CPU: {w.name}")


def _shared_lines(wants: list[tuple[frozenset[str], int]]) -> int:
    """The fewest lines that serve all: how many of each controller, tried one by one."""
    names = sorted({c for some, _ in wants for c in some})
    most = max((n for _, n in wants), default=0)
    ways = product(range(most + 1), repeat=len(names))

    def is_enough(way: tuple[int, ...]) -> bool:
        of = dict(zip(names, way, strict=True))
        return all(sum(of[c] for c in some) >= n for some, n in wants)

    return min(sum(way) for way in ways if is_enough(way))


def _copies(d: Device, env: Env) -> range:
    return range(1 if d.array is None else ev(d.array, env) + 1)


def can_be_granted(s: Spec, wants: list[tuple[Device, int]]) -> bool:
    """Whether there are numbers for all of them: every way is tried."""
    seen: set[Any] = set()

    def go(k: int, own: frozenset[int], shared: frozenset[int]) -> bool:
        if k == len(order):
            return True
        if (k, own, shared) in seen:
            return False
        seen.add((k, own, shared))
        if len(seen) > 20_000:
            raise TooMuch
        d, lines = order[k]
        for some in possible(s, d, lines):
            if some & own or (not d.shared and some & shared):
                continue
            if go(
                k + 1,
                own | (frozenset() if d.shared else some),
                shared | (some if d.shared else frozenset()),
            ):
                return True
        return False

    order = [(d, len(d.numbers) if _is_listed(s, d) else n) for d, n in wants]
    order.sort(key=lambda w: (not _is_listed(s, w[0]), -w[1]))
    return go(0, frozenset(), frozenset())


def assertions(s: Spec, found: Found) -> None:
    for w in worlds(s, s.devices[0]):
        rows = [r.facts["q.callback"] for r in w.rows if r.family]
        rows = rows if w.attempt else [q["q.callback"] for q in w.env["#"]]
        env = {**w.env, "d0.lines": w.lines, "d0.queues": len(rows), "d0.callbacks": sum(rows)}
        found.happens = True
        found.bad += [f"{w.name} {c}" for c in s.claims if not ev(c, env)]


# Layering: two queues that look the same


def layering(s: Spec, found: Found) -> None:
    t = s.transport
    if t.sees is None:
        return
    for a in t.attempts:
        for config in (False, True):
            rules = [r for r in a.rules if r.config == config]
            if rules:
                _same(
                    s,
                    t.sees,
                    [x for r in rules for x in (r.when, r.to)],
                    lambda e, rs=rules: _first(rs, e),
                    found,
                )
        if a.takes is not None:
            both = [a.takes, a.when]

            def takes(e: Env, a: Attempt = a) -> Any:
                return ev(a.takes, e), _true(a.when, e)

            _same(s, t.sees, both, takes, found)


def _first(rules: list[Rule], env: Env) -> Any:
    for r in rules:
        if _true(r.when, env):
            return r.kind, None if r.kind == "none" else ev(r.to, env)
    return "unmapped"


_BOOLS = ("q.callback", "q.slow", "device.feature.F")


def _atoms(e: Any, out: dict[str, Any]) -> Any:
    """The formula with its facts, tallies among them, as variables of `out`."""
    match e:
        case None | bool() | int():
            return e
        case (("count" | "rank"), _):
            out[str(e)] = e
            return str(e)
        case str():
            if e[0] != "@":
                out[e] = e
            return e
        case (op, *args):
            return (op, *(_atoms(a, out) for a in args))


def _is_seen(fact: Any, sees: list[str]) -> bool:
    if isinstance(fact, tuple):
        _what, c = fact
        inner: dict[str, Any] = {}
        _atoms("q.callback" if c is None else c, inner)
        return all(_is_seen(x, sees) for x in inner.values())
    words = {
        "callbacks": "callback",
        "q.hint.g": "hint",
        "device.feature.F": "features",
        "device.id": "id",
    }
    words |= {"device.arg.k": "args"}
    return words.get(fact, fact.removeprefix("q.")) in sees


def _same(s: Spec, sees: list[str], formulas: list[Any], f: Any, found: Found) -> None:
    facts: dict[str, Any] = {}
    for e in formulas:
        _atoms(e, facts)
    hidden = [n for n, e in facts.items() if not _is_seen(e, sees)]
    found.happens |= bool(hidden)
    domains = [_domain(n, len(facts)) for n in facts]
    seen: dict[Any, Any] = {}
    for some in product(*domains):
        env = dict(zip(facts, some, strict=True))
        key = tuple(v for n, v in env.items() if n not in hidden)
        try:
            got = f(env)
        except Undefined:
            continue
        if seen.setdefault(key, got) != got:
            found.bad.append(f"{hidden} {env}: {got} and {seen[key]}")
            return


def _domain(name: str, count: int) -> Any:
    if name in _BOOLS:
        return (False, True)
    if name in ("q.role", "q.family"):
        return ("ra", "rb", "fa", "another")
    return range(5) if count < 6 else range(3)


def properties(s: Spec) -> dict[str, Found]:
    every = (
        layering,
        coverage,
        irq_limits,
        pair_affinity,
        economy,
        *([assertions] if s.claims else []),
    )
    out = {}
    for p in every:
        out[p.__name__] = Found()
        p(s, out[p.__name__])
    return out
