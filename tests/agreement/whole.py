"""The whole engine against the interpreter: what a design's verdict says of its small instances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from math import prod

from checker.engines import runs
from checker.engines.engine import Budget
from checker.engines.run_asking import Asking
from checker.engines.run_question import RunObligation, RunResult, Tried
from checker.engines.run_search import Search
from checker.properties.property import properties
from checker.verdict.judge import judge_runs
from checker.verdict.trace import Trace
from checker.verdict.verdict import Bounded, Disagree, Holds, Proved, Vacuous, Verdict, Violated
from model.design import design as model
from tests.agreement import cycles, laws, replayed
from tests.agreement.designs import Design
from tests.agreement.oracle import Machine, TooMany, loses


@dataclass(frozen=True)
class Effort:
    """How far the engine goes, and how far what it says is looked at.

    `search`: states of an instance that the engine searches. `glance`: only small proofs are tried.
    `visited`: states of an instance that the interpreter visits, of so many `queues` at most.
    """

    search: int
    glance: bool = False
    visited: int = 2_000
    queues: int = 3


@dataclass
class Checked:
    """What was said of a design, and what it was held against."""

    said: str
    wrong: str = ""
    met: int = 0
    """Instances whose states were all gone through."""
    too_large: int = 0
    others: list[str] = field(default_factory=list)
    """What goes wrong in an instance of the size that is bounded, if not in so few steps."""


class _Limited(Search):
    """The engine's search, which gives up early: what it would have found is up to the proofs."""

    most = 0

    def visit(self, tried: Tried, most: int, *, endless_too: bool) -> Trace | None:
        return super().visit(tried, min(most, self.most), endless_too=endless_too)

    def played(self) -> None:
        """A run by chance is not the shortest; what is visited is what is looked at here."""


def _result(asked: RunObligation, effort: Effort, *, search: bool) -> RunResult:
    a = Asking(asked, Budget())
    limited, proofs = _Limited(a), laws.Finite(a)
    limited.most = effort.search if search else 0
    proofs.glance = effort.glance
    if not search:
        a.known.witness = "not asked"
    return runs.settle(a, limited, proofs)


@dataclass(frozen=True)
class Size:
    """An instance: so many queues and lines, and the sources that ever produce."""

    queues: int
    lines: int
    active: tuple[str, ...]

    @property
    def words(self) -> str:
        return f"{self.queues} queues, {self.lines} lines, active {', '.join(self.active)}"


class Small:
    """The small instances of a design, each gone through once by the interpreter."""

    def __init__(self, d: Design, effort: Effort) -> None:
        self.d = d
        self.effort = effort
        self.graphs: dict[Size, cycles.Graph | None] = {}
        self.known: dict[Size, dict[str, cycles.Wrong]] = {}

    def graph(self, x: Size) -> cycles.Graph | None:
        """All its states; None if they are too many."""
        if x not in self.graphs:
            try:
                made = cycles.graph(self.d, x.queues, x.lines, x.active, self.effort.visited)
            except TooMany:
                self.graphs[x] = None
            else:
                self.graphs[x] = made
        return self.graphs[x]

    def wrongs(self, x: Size) -> dict[str, cycles.Wrong]:
        """What goes wrong in an instance; of one with too many states, a loss among the first."""
        if x not in self.known:
            g = self.graph(x)
            self.known[x] = self._lost_early(x) if g is None else cycles.wrongs(g)
        return self.known[x]

    def _lost_early(self, x: Size) -> dict[str, cycles.Wrong]:
        try:
            lost = loses(self.d, x.queues, x.lines, x.active, 3 * self.effort.visited)
        except TooMany:
            lost = False
        return {"lost": cycles.Wrong("lost", "among the first states")} if lost else {}

    def every(self, active: int, lines: int) -> Iterator[Size]:
        """Instances with so many sources and lines at most, the smallest first.

        One with more sources has the runs of those with fewer: of several only the largest that
        are not too large are here, and each source on its own.
        """
        fewest, most = self.d.lines
        sizes = product(range(1, min(self.d.most, self.effort.queues) + 1), range(fewest, most + 1))
        for queues, n in sizes:
            if n <= lines:
                yield from self._of(queues, n, active)

    def _of(self, queues: int, lines: int, most: int) -> Iterator[Size]:
        names = [*map(str, range(queues)), *["config"] * self.d.config]
        alone = {name: Size(queues, lines, (name,)) for name in names}
        yield from alone.values()
        states = {name: self._states(x) for name, x in alone.items()}
        larger: list[frozenset[str]] = []
        for size in range(min(most, len(names), 3), 1, -1):
            for some in combinations(names, size):
                expected = prod(states[name] for name in some)
                if expected > 20 * self.effort.visited or any(set(some) <= x for x in larger):
                    continue
                x = Size(queues, lines, some)
                if self.graph(x) is not None:
                    larger.append(frozenset(some))
                    yield x
                elif size == queues == 2:
                    yield x

    def _states(self, x: Size) -> int:
        g = self.graph(x)
        return 10 * self.effort.visited if g is None else len(g.states)


def ask(made: model.Design, effort: Effort, *, search: bool = True) -> laws.Asked:
    """The verdict, of the engine that goes so far; without `search`, all is up to the proofs."""
    prop = properties()[laws.PROPERTY]
    asked = [o for o in prop.obligations(made) if isinstance(o, RunObligation)]
    results = [_result(o, effort, search=search) for o in asked]
    judged = judge_runs(asked, results, prop.scope, prop.nothing)
    return laws.Asked(judged.verdict, tuple(zip(asked, results, strict=True)))


def every_verdict(d: Design, made: model.Design, effort: Effort) -> Checked:
    """Its proofs alone first: what the search finds for them is what nobody asks of them.

    Then, unless there is a proof, the verdict. The interpreter has no store buffers: with them,
    what is proved or found is held against the steps, one by one.
    """
    if d.memory != "sc":
        asked = ask(made, effort)
        wrong = laws.proof(d, made, asked, effort.visited) or laws.counterexample(made, asked)
        return Checked(said(asked), wrong)
    small = Small(d, effort)
    out = check(made, small, effort, search=False)
    return out if out.wrong or out.said == "proved" else check(made, small, effort)


def check(made: model.Design, small: Small, effort: Effort, *, search: bool = True) -> Checked:
    """The verdict and all small instances agree."""
    asked = ask(made, effort, search=search)
    out = Checked(said(asked))
    match asked.verdict:
        case Violated():
            found = [r for _, r in asked.results if r.found is not None]
            out.wrong = "" if len(found) == 1 else f"violated, by {len(found)} runs"
            for r in found:
                out.wrong = out.wrong or _refuted(small, r, out)
        case Holds(Proved()):
            _proved(small, out)
        case Holds(Bounded() as how):
            _bounded(small, how, out)
        case Vacuous():
            _vacuous(small, out)
        case Disagree(first, second):
            out.wrong = f"DISAGREE: {first}; {second}"
    return out


def said(asked: laws.Asked) -> str:
    """The verdict in a word."""
    verdict: Verdict = asked.verdict
    if isinstance(verdict, Violated):
        return next(r.found.kind for _, r in asked.results if r.found is not None)
    if isinstance(verdict, Holds):
        return type(verdict.how).__name__.lower()
    return type(verdict).__name__.lower()


def _gone_through(small: Small, active: int, lines: int, out: Checked) -> Iterator[Size]:
    for x in small.every(active, lines):
        if small.graph(x) is None:
            out.too_large += 1
        else:
            out.met += 1
            yield x


def _proved(small: Small, out: Checked) -> None:
    """Nothing goes wrong in any instance."""
    for x in small.every(3, small.d.lines[1]):
        out.met += small.graph(x) is not None
        out.too_large += small.graph(x) is None
        for kind, w in small.wrongs(x).items():
            out.wrong = f"PROVED, AND {kind.upper()} ({w.who}): {x.words}"
            return


def _bounded(small: Small, how: Bounded, out: Checked) -> None:
    """Nothing is lost in so few steps in an instance of that size.

    A step of the checker is one of the interpreter or more: so its loss may come later, not sooner.
    """
    for x in _gone_through(small, how.queues, how.lines, out):
        for kind, w in small.wrongs(x).items():
            told = f"{kind} ({w.who}, {w.steps} steps): {x.words}"
            if kind == "lost" and w.steps <= how.steps:
                size = f"{how.steps} steps, {how.queues} queues, {how.lines} lines"
                out.wrong = f"BOUNDED ({size}), AND {told}"
                return
            out.others.append(told)


def _vacuous(small: Small, out: Checked) -> None:
    """Nobody is ever served."""
    for x in _gone_through(small, 1, small.d.lines[1], out):
        g = small.graph(x)
        if g is not None and cycles.serves(g):
            out.wrong = f"VACUOUS, BUT SERVED: {x.words}"
            return


def _refuted(small: Small, r: RunResult, out: Checked) -> str:
    """What is wrong with the run that was found; '' if it is one, and ends as it says."""
    trace = r.found
    assert trace is not None
    assert trace.of is not None
    given = dict(trace.of.given)
    x = Size(int(given["param.n"]), int(given["grant.p"]), tuple(names(trace.of.active)))
    why = replayed.wrong(Machine(small.d, x.queues, x.lines, x.active), trace, x.queues)
    if why:
        return f"VIOLATED, BUT {why}"
    g = small.graph(x)
    if g is None:
        out.too_large += 1
        return ""
    out.met += 1
    found = small.wrongs(x)
    if trace.kind not in found:
        return f"VIOLATED ({trace.kind}), BUT NOT SO: {trace.instance}"
    if trace.kind == "lost" and len(trace.steps) > found["lost"].steps + _more(trace):
        return f"VIOLATED, BUT IN {len(trace.steps)} STEPS INSTEAD OF {found['lost'].steps}"
    return ""


def names(active: Sequence[str]) -> list[str]:
    """Sources as the interpreter calls them."""
    return ["config" if a == "config" else a[4:-1] for a in active]


def _more(trace: Trace) -> int:
    """Steps that the interpreter does not count."""
    return sum(s.verb.startswith(("nobody handled", "goes round")) for s in trace.steps)
