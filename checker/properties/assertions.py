"""The author's own claims about the mapping (`assert`) are true.

# What it asks

Each `assert` formula, over parameters and facts of the devices (`eth0.lines`, `eth0.attempt`,
`eth0.queues`, `eth0.callbacks`, `eth0.feature.F`), for every value of the parameters, every feature
that the design leaves open and every grant.

# Why

Which rung of a ladder is taken for which table size is what a reviewer wants to read as one line.

# Violated

`assert eth0.attempt == each` where the table may be too small.

# Repaired

`assert eth0.attempt == each or table < 2*pairs + 1`, where the device has `lines table of msix`;
or a larger table.

# Sources

Linux vp_find_vqs() for the ladder of virtio-pci.
"""

from __future__ import annotations

from collections.abc import Iterable

from checker.engines.engine import Goal, Obligation, Tell
from checker.properties.laid_out import Values, scene
from checker.properties.property import Property
from checker.verdict.finding import Finding, NotConfirmed, Place
from model.design.design import Claim, Design
from model.expr import (
    Expr,
    Lit,
    Tally,
    Undefined,
    Value,
    Var,
    always_defined,
    conj,
    equal,
    free,
    implies,
    negate,
    substitute,
    value,
    walk,
)
from model.meaning.device_class import DeviceClass, device_classes
from model.meaning.fact import Fact, design_facts
from model.meaning.situation import Situation

_SHARED = ("param.",)


def _obligations(design: Design) -> Iterable[Obligation]:
    classes = {d.name: DeviceClass((d,)) for c in device_classes(design) for d in c.devices}
    for claim in design.claims:
        names = [n for n in classes if any(v.startswith(f"{n}.") for v in free(claim.formula))]
        situations = [_situation(design, classes[n]) for n in names]
        facts = tuple(f for s in situations for f in named_facts(s))
        facts = facts or tuple(design_facts(design))
        facts += tuple(_assumed(design, names))
        ok = always_defined(claim.formula)
        show = (
            *(f"param.{p.name}" for p in design.params),
            *(f"{n}.{v}" for n in names for v in ("lines", "attempt")),
            *(f"{s.device.name}|grant.{a.pool}" for s in situations for a in s.device.lines),
        )
        goal = Goal(
            "claim",
            facts,
            negate(conj(ok, claim.formula)),
            show,
            tell=_tell(design, claim, situations),
            about=claim.name,
        )
        witness = Goal("witness", facts, conj(), want_model=True)
        yield Obligation("assertions", claim.name, (goal, witness))


def _assumed(design: Design, names: list[str]) -> Iterable[Fact]:
    for k, a in enumerate(design.assumes):
        about = {n.split(".")[0] for n in free(a.formula)} - {"param"}
        if about and about <= set(names):
            yield Fact(f"assume {k + 1} of {', '.join(about)}", a.formula, a.origin)


def _situation(design: Design, devices: DeviceClass) -> Situation:
    attempts = design.transport(devices.first.transport).driver.attempts
    return Situation(design, devices, attempts[0])


def named_facts(s: Situation) -> list[Fact]:
    """The device's facts with its name before its variables, and which attempt wins."""
    name = s.device.name
    out = [
        Fact(f"{name}: {f.name}", named(f.formula, name), f.origin)
        for f in s.device_facts()
        if not f.name.startswith(("not ", "try ", "lines ")) and f not in s.assumed()
    ]
    earlier: list[Expr] = []
    for k, a in enumerate(s.transport.driver.attempts):
        granted = s.granted(a)
        wins = conj(*(negate(e) for e in earlier), granted)
        takes = Var(f"grant.{a.pool}") if a.takes is None else s.at_device(a.takes)
        is_it = conj(equal(Var(f"{name}.attempt"), Lit(k)), equal(Var(f"{name}.lines"), takes))
        out.append(Fact(f"{name}: try {a.name}", named(implies(wins, is_it), name), a.origin))
        earlier.append(granted)
    none = conj(equal(Var(f"{name}.attempt"), Lit(-1)), equal(Var(f"{name}.lines"), Lit(0)))
    left = conj(*(negate(e) for e in earlier))
    out.append(Fact(f"{name}: no attempt", named(implies(left, none), name)))
    counts = {"queues": Tally(conj()), "callbacks": Tally(Var("q.callback", True))}
    for what, tally in counts.items():
        count = equal(Var(f"{name}.{what}"), s.at_device(tally))
        out.append(Fact(f"{name}: {what}", named(count, name)))
    for f in s.device.type.features:
        same = equal(Var(f"{name}.feature.{f.name}", True), Var(f"feature.{f.name}", True))
        out.append(Fact(f"{name}: has {f.name}", named(same, name), f.origin))
    return out


def named(e: Expr, name: str) -> Expr:
    """Variables of a situation become this device's."""
    by: dict[str, Expr] = {
        v.name: Var(f"{name}|{v.name}", v.is_bool)
        for v in walk(e)
        if isinstance(v, Var) and not v.name.startswith((*_SHARED, f"{name}."))
    }
    if "lines" in by:  # What is listed by `numbers` says how many there are.
        by["lines"] = Var(f"{name}.lines")
    return substitute(e, by)


def _tell(design: Design, claim: Claim, situations: list[Situation]) -> Tell:
    def tell(values: Values) -> Finding | NotConfirmed:
        env: dict[str, Value] = {k: v for k, v in values.items() if k.startswith("param.")}
        shown: list[tuple[str, str]] = [(k.removeprefix("param."), str(v)) for k, v in env.items()]
        for s in situations:
            name = s.device.name
            own = {
                k.removeprefix(f"{name}|"): v for k, v in values.items() if k.startswith(f"{name}|")
            }
            seen = scene(s, {**env, **own})
            if isinstance(seen, NotConfirmed):
                return seen
            attempts = [a.name for a in s.transport.driver.attempts]
            taken = seen.layout.attempt.name if seen.layout.attempt else ""
            env[f"{name}.lines"] = seen.layout.lines
            env[f"{name}.attempt"] = attempts.index(taken) if taken else -1
            queues = [r for r in seen.layout.rows if r.family is not None]
            env[f"{name}.queues"] = len(queues)
            env[f"{name}.callbacks"] = sum(r.callback for r in queues)
            for f in s.device.type.features:
                has = bool(seen.given.get(f"feature.{f.name}", False))
                env[f"{name}.feature.{f.name}"] = has
                shown.append((f"{name}.{f.name}", "yes" if has else "no"))
            for ask in s.device.lines:
                pool = f" of {ask.pool}" if ask.pool else ""
                env[f"{name}.grant.{ask.pool}"] = seen.given[f"grant.{ask.pool}"]
                shown.append((f"{name}: granted{pool}", f"{seen.given[f'grant.{ask.pool}']} lines"))
            shown.append((f"{name}.attempt", taken or "none"))
            shown.append((f"{name}.lines", str(seen.layout.lines)))
        try:
            if value(claim.formula, env):
                return NotConfirmed("laid out, the claim is true", spurious=False)
        except Undefined as e:
            shown.append(("undefined", str(e)))
        pins = tuple(
            (p.name, env[f"param.{p.name}"]) for p in design.params if f"param.{p.name}" in env
        )
        words = f"`{claim.origin.text.removeprefix('assert').strip()}` is false"
        return Finding("claim", words, tuple(shown), (Place(claim.origin, ""),), pins)

    return tell


PROPERTY = Property(
    "assertions",
    "the author's claims about the mapping are true",
    _obligations,
    "the design has no `assert`",
)
