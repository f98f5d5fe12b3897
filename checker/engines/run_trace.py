"""A run of a system as a trace: each step with what it changed."""

from __future__ import annotations

from checker.verdict.trace import Subject, Trace, TraceStep
from model.expr import value
from model.kernel.explore import Run, replay
from model.kernel.system import System


def trace_of(
    system: System, run: Run, words: str, of: Subject | None = None, kind: str = ""
) -> Trace:
    """The run with what each step changed; of what kind, if its steps do not tell."""
    states = replay(system, run.steps)
    hidden = {c.name for c in system.cells if c.private}
    steps = []
    for n, k in enumerate(run.steps):
        s = system.steps[k]
        before, after = states[n], states[n + 1]
        changes = tuple((c, after[c]) for c in after if before[c] != after[c] and c not in hidden)
        seen = tuple((label, value(e, before)) for label, e in s.sees)
        steps.append(TraceStep(n + 1, s.actor, s.verb, s.origin, changes, seen))
    last = states[-1]
    unserved = tuple(x.name for x in system.sources if value(x.work, last))
    kind = kind or _kind(system, run)
    loop = None if run.loop is None else run.loop + 1
    agents = tuple(dict.fromkeys(s.actor for s in system.steps))
    return Trace(kind, words, unserved, tuple(steps), loop, states[0], agents, of)


def _kind(system: System, run: Run) -> str:
    if run.loop is None:
        return "lost"
    enters = any(system.steps[k].enters for k in run.steps[run.loop :])
    return "storm" if enters else "starved"
