"""Guesses which queue is on a CPU, for a proof that each CPU has a pair (of `pair_affinity`).

Where none of them suffices, the property is undecided, never assumed.
"""

from __future__ import annotations

from checker.properties.economy import candidates, divisors, far
from model.design.device import Affinity, Family
from model.design.mapping import Attempt, ToLine
from model.expr import Expr, Lit, add, mul, sub, walk
from model.meaning.situation import Situation

_MANY_CPUS, _FEW_CPUS, _FEW_ROUNDS = 64, 8, 8


def on_cpu(s: Situation, f: Family, affinity: Affinity, cpu: Expr) -> list[list[Expr]]:
    """Which queues of a family are likely to be on that CPU, as `candidates` of a line: guesses."""
    if not f.indexed:
        return [[Lit(0)]] * 4
    near, wide = (_by_line(s, f, affinity, cpu, reach) for reach in (1, far(s)))
    shifted = _shifted(s, f, affinity, cpu)
    return [near, wide, _each_of_few(s, f, affinity), [*near, *shifted] if shifted else []]


def _by_line(s: Situation, f: Family, affinity: Affinity, cpu: Expr, reach: int) -> list[Expr]:
    lines = [cpu, *(mul(Lit(k), cpu) for k in sorted(divisors([affinity.cpu])))]
    out = [j for line in lines for j in candidates(s, f, line, reach)]
    if affinity.of_queue and f.indexed:
        lo = s.at_device(f.range.lo)
        out = [*lines, *(add(j, lo) for j in lines), *out]
    return list(dict.fromkeys(out))


def _shifted(s: Situation, f: Family, affinity: Affinity, cpu: Expr) -> list[Expr]:
    """Where formulas add something: those from which on CPUs are counted."""
    formulas = [affinity.cpu, *_ordinals(s.attempt)]
    numbers = {x.value for e in formulas for x in walk(e) if isinstance(x, Lit)}
    shifts = [n for n in sorted(numbers) if 0 < n <= _FEW_ROUNDS]
    lo = s.at_device(f.range.lo)
    rounds = ((n, k) for n in shifts for k in range(n + 1))
    return [add(sub(cpu, Lit(n)), mul(Lit(k), s.cpus), lo) for n, k in rounds]


def _each_of_few(s: Situation, f: Family, affinity: Affinity) -> list[Expr]:
    """As many queues as there are CPUs, where these are few: one is on each CPU, or none is."""
    lo, most = s.at_device(f.range.lo), _MANY_CPUS if affinity.of_queue else _FEW_CPUS
    few = s.cpus.value if isinstance(s.cpus, Lit) else 0
    return [add(Lit(k), lo) for k in range(few if few <= most else 0)]


def _ordinals(attempt: Attempt) -> list[Expr]:
    return [r.target.ordinal for r in attempt.rules if isinstance(r.target, ToLine)]
