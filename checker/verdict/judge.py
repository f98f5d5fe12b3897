"""Answers to verdicts. The only place where a verdict is built.

`holds` needs every goal answered `Unsat` and a witness found; `violated` needs a finding that was
confirmed by laying the design out; values that cannot be confirmed are a disagreement, unless the
question was known to be wider than the property, and then it is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from checker.engines.certify import Refused
from checker.engines.engine import Answered, Crashed, GaveUp, Goal, Obligation, Sat, Unsat
from checker.engines.run_question import IN_ALL, InstanceRecord, RunObligation, RunResult
from checker.verdict.certificate import Certificate
from checker.verdict.finding import Finding, Place
from checker.verdict.run_finding import run_finding
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Failed,
    Holds,
    Invariant,
    Proved,
    Sampled,
    Unknown,
    Vacuous,
    Verdict,
    Violated,
)
from model.record import dataclass
from model.span import Span


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the places (file, offset) that its proofs and findings used."""

    verdict: Verdict
    used: frozenset[tuple[str, int]]


def judge(
    obligations: Sequence[Obligation],
    answered: Sequence[Answered],
    scope: str,
    nothing: str,
    undecided: Sequence[str] = (),
) -> Judged:
    """The verdict on a property from the answers to all its obligations.

    `undecided` are open questions about the design itself; with one, nothing counts as proved.
    """
    tally = _Tally()
    tally.open.extend(undecided)
    for obligation, answers in zip(obligations, answered, strict=True):
        for goal, answer in zip(obligation.goals, answers.answers, strict=True):
            tally.take(obligation, goal, answer)
    return Judged(tally.verdict(scope, nothing), frozenset(tally.used))


def judge_crash(crash: Crashed) -> Judged:
    """The verdict on a property where an engine broke off, whatever the others say."""
    return Judged(Failed(crash.where, crash.reason, crash.details), frozenset())


class _Tally:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.open: list[str] = []
        self.disagree: Disagree | None = None
        self.witness = ""
        self.missing = ""
        self.goals = 0
        self.used: set[tuple[str, int]] = set()
        self.needs: dict[tuple[str, int], Place] = {}

    def take(self, obligation: Obligation, goal: Goal, answer: Unsat | Sat | GaveUp) -> None:
        """Count one answer in."""
        about = dict.fromkeys(x for x in (obligation.subject, goal.about) if x)
        what = f"{goal.name} ({', '.join(about)})"
        match answer:
            case GaveUp(reason):
                self._gave_up(goal, what, reason)
            case Sat() if goal.required:
                pass
            case Unsat() if goal.required:
                self.missing = self.missing or goal.about
            case Sat(values) if goal.want_model:
                self.witness = self.witness or what
            case Unsat() if goal.want_model:
                pass
            case Unsat(core):
                self.goals += 1
                self._needed(goal, core)
            case Sat(values) if not goal.screens:
                self.goals += 1
                self._model(goal, what, values)
            case Sat():
                pass

    def _gave_up(self, goal: Goal, what: str, reason: str) -> None:
        # A screen that gives up decides nothing: the goals behind it are asked in any case.
        if not goal.screens:
            self.open.append(f"{what}: {reason}")

    def _model(self, goal: Goal, what: str, values: dict[str, bool | int]) -> None:
        told = goal.told(values)
        if isinstance(told, Finding):
            self.findings.append(told)
            self.used |= {_key(p.span) for p in told.places}
        elif told.spurious:
            self.open.append(f"{what}: {told.reason}")
        else:
            self.disagree = Disagree(f"the solver refutes {what}", told.reason)

    def _needed(self, goal: Goal, core: tuple[str, ...]) -> None:
        for fact in goal.facts:
            if fact.name in core and fact.origin is not None:
                self.used.add(_key(fact.origin))
                self.needs.setdefault(_key(fact.origin), Place(fact.origin, ""))

    def verdict(self, scope: str, nothing: str) -> Verdict:
        """What all of it amounts to."""
        if self.disagree:
            return self.disagree
        if self.findings:
            return Violated(_merged(self.findings), tuple(self.open))
        if self.open:
            return Unknown(tuple(self.open))
        if self.missing or not self.witness or not self.goals:
            return Vacuous(self.missing or nothing)
        needs = tuple(self.needs[k] for k in sorted(self.needs))
        return Holds(Proved(scope), self.witness, needs)


def judge_runs(
    obligations: Sequence[RunObligation],
    results: Sequence[RunResult],
    scope: str,
    nothing: str,
    undecided: Sequence[str] = (),
) -> Judged:
    """The verdict on runs: lost in one of them, proved for any number, or visited up to a size.

    A run that is found counts only if the machine can do it.
    """
    refused = next(
        (d for o, r in zip(obligations, results, strict=True) if (d := _refused(o, r))), None
    )
    if refused is not None:
        return Judged(refused, frozenset())
    findings = [
        run_finding(o, r.found, r) for o, r in zip(obligations, results, strict=True) if r.found
    ]
    still_open = [*undecided, *(f"{x}" for r in results for x in r.open)]
    for o, r in zip(obligations, results, strict=True):
        if r.unproved and not (r.explored or r.found):
            still_open += [f"{o.subject}: too many states to be searched", *r.unproved]
    used = frozenset(_key(p.span) for f in findings for p in f.places)
    if findings:
        return Judged(Violated(_merged(findings), tuple(still_open)), used)
    if still_open:
        return Judged(Unknown(tuple(still_open)), used)
    witness = next((r.witness for r in results if r.witness), "")
    missing = next((r.missing for r in results if r.missing), "")
    if not (missing or witness) and any(r.passed for r in results):
        too_large = _passed_over([i for r in results for i in r.passed])
        return Judged(Unknown((_NOT_SEEN, *too_large)), used)
    if missing or not witness:
        return Judged(Vacuous(missing or nothing), used)
    why = tuple(
        f"{o.subject}: {u}" for o, r in zip(obligations, results, strict=True) for u in r.unproved
    )
    # Where nothing could be tried and nothing proved, there is no such device in that mode.
    proved = any(r.proofs for r in results) and all(r.proofs or not r.explored for r in results)
    if not why and proved:
        conditions = dict.fromkeys(r.condition for r in results if r.condition)
        rests_on = dict.fromkeys(
            Invariant(f"{o.subject}, {p.words}", p.peers, p.invariant)
            for o, r in zip(obligations, results, strict=True)
            for p in r.proofs
        )
        by = Proved("; ".join((scope, *conditions)), invariants=tuple(rests_on))
        return Judged(Holds(by, witness, ()), used)
    passed = [i for r in results if r.unproved or not r.proofs for i in r.passed]
    every = _visited_whole([i for r in results for i in r.explored], passed)
    why = (*why, *_passed_over(passed))
    if not every:
        return Judged(Unknown(("too many states to be searched", *why)), used)
    how = Bounded(
        max(i.depth for i in every), max(i.queues for i in every), max(i.lines for i in every), why
    )
    return Judged(Holds(how, witness, ()), used)


_NOT_SEEN = "whether a notification can get through at all: no run that was made shows it"


def _visited_whole(
    explored: Sequence[InstanceRecord], passed: Sequence[InstanceRecord]
) -> list[InstanceRecord]:
    """The instances up to a size of which none was passed over: by queues, else by lines."""
    if not passed:
        return list(explored)
    fewest = min(i.queues for i in passed)
    out = [i for i in explored if i.queues < fewest]
    least = min(i.lines for i in passed)
    return out or [i for i in explored if i.lines < least]


def _passed_over(passed: Sequence[InstanceRecord]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(i.words for i in passed))
    if not words:
        return ()
    most = max(i.states for i in passed)
    more = f", and {len(words) - 2} more" if len(words) > 2 else ""
    some = "; ".join(words[:2])
    limits = f"{most:,} at most, {IN_ALL:,} in all"
    return (f"passed over, with more states than are visited ({limits}): {some}{more}",)


def judge_fuzz(
    obligations: Sequence[RunObligation], results: Sequence[RunResult], nothing: str
) -> Judged:
    """The verdict on runs drawn by chance: one that fails, or none among so many."""
    pairs = list(zip(obligations, results, strict=True))
    refused = next((d for o, r in pairs if (d := _refused(o, r) or _unknown_run(o, r))), None)
    if refused is not None:
        return Judged(refused, frozenset())
    findings = [run_finding(o, r.found, r) for o, r in pairs if r.found]
    used = frozenset(_key(p.span) for f in findings for p in f.places)
    still_open = tuple(f"{x}" for r in results for x in r.open)
    if findings:
        return Judged(Violated(_merged(findings), still_open), used)
    if still_open:
        return Judged(Unknown(still_open), used)
    witness = next((r.witness for r in results if r.witness), "")
    done = [r.fuzzed for r in results if r.fuzzed is not None]
    missing = next((r.missing for r in results if r.missing), "")
    if missing or not witness or not any(f.runs for f in done):
        return Judged(Vacuous(missing or nothing), used)
    taken, steps = sum(f.taken for f in done), sum(f.steps for f in done)
    never = tuple(dict.fromkeys(n for f in done for n in f.never))
    how = Sampled(sum(f.runs for f in done), sum(f.machines for f in done), steps, taken, never)
    return Judged(Holds(how, witness, ()), used)


def _unknown_run(o: RunObligation, r: RunResult) -> Disagree | None:
    """What the kernel has against a run that was found on the machine."""
    if r.found is None:
        return None
    from checker.verdict import confirm  # noqa: PLC0415

    why = confirm.in_the_kernel(o.design, r.found)
    if not why:
        return None
    run = f"a run of {len(r.found.steps)} steps ({r.found.kind})"
    return Disagree(f"the machine does {run} of {r.found.instance}", f"the kernel, {why}")


def certified(verdict: Verdict, found: Certificate | Refused) -> Verdict:
    """The verdict on a proof that other solvers were asked to confirm.

    A model where there should be none is a disagreement; no answer leaves the proof unconfirmed.
    """
    if not isinstance(verdict, Holds) or not isinstance(verdict.how, Proved):
        return verdict
    match found:
        case Certificate():
            return replace(verdict, how=replace(verdict.how, certificate=found))
        case Refused() if found.contradicts is not None:
            c = found.contradicts
            return Disagree(f"it is proved that {c.query.proves}", f"{c.solver} has a model")
        case Refused(checks):
            some = [f"{c.query.proves}: {c.solver} says {c.answer}" for c in checks]
            return Unknown(tuple(f"proved, but not confirmed: {x}" for x in some or ["nothing"]))


def _refused(o: RunObligation, r: RunResult) -> Disagree | None:
    """What the machine has against the run, if there is one."""
    if r.found is None:
        return None
    # Only a run needs the machine, and loading it takes a while.
    from checker.verdict import confirm  # noqa: PLC0415

    seen = confirm.on_machine(o.design, r.found)
    if isinstance(seen, confirm.Replayed):
        return None
    run = f"a run of {len(r.found.steps)} steps ({r.found.kind})"
    return Disagree(f"the search finds {run} of {r.found.instance}", f"the machine, {seen}")


def _key(span: Span) -> tuple[str, int]:
    return (span.source.path, span.start)


def _merged(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings of one kind at one place are one, the others named beside it."""
    out: dict[object, Finding] = {}
    for f in findings:
        first = f.places[0].span if f.places else None
        key = (f.aspect, first.source.path if first else "", first.start if first else f.statement)
        if key in out:
            known = (out[key].subject, *out[key].same)
            if f.subject and f.subject not in known:
                out[key] = replace(out[key], same=(*out[key].same, f.subject))
        else:
            out[key] = f
    return tuple(out.values())
