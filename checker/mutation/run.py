"""Every mutant of a design verified like the design, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from checker.diagnostics.diagnostic import Diagnostic
from checker.language.load import load
from checker.mutation.mutants import Made, mutants, sample
from checker.mutation.operators import OPERATORS
from checker.mutation.result import (
    Broken,
    Fate,
    Kill,
    Killed,
    Mutation,
    Same,
    Stillborn,
    Survived,
    Tried,
    Undecided,
)
from checker.mutation.same import same
from checker.mutation.side_by_side import Died, each
from checker.options import Options
from checker.properties.property import properties
from checker.report.report import Line, Report
from checker.verdict.verdict import (
    Disagree,
    Failed,
    Holds,
    Proved,
    Unknown,
    Vacuous,
    Violated,
    outcome,
)
from checker.verify import verify
from model.design.design import Design
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """Which mutants: of these operators (empty: all), and at most so many (0: all of them).

    `library`: also of the modules of the standard library that the design uses.
    """

    operators: tuple[str, ...] = ()
    limit: int = 0
    seed: int = 0
    library: bool = False


def mutate(path: Path, options: Options, wish: Wish) -> tuple[Report, Mutation | None]:
    """The report on the design itself, and what came of its mutants.

    None where there is nothing to compare with: the design's text is wrong, or no property holds.
    """
    options = replace(options, expectations=False)
    report = verify(path, options)
    original = {line.name: outcome(line.verdict) for line in report.lines}
    design = load(path, options.params, properties()).design
    if report.is_wrong or design is None or "holds" not in original.values():
        return report, None
    every = mutants(path, design, wish.operators)
    made = [m for m in every if wish.library or not m.in_library]
    is_new = _IsNew(path, options, design)
    fates: dict[int, Fate] = {}
    alive: list[Made] = []
    for m in sample(made, len(made), wish.seed) if wish.limit else made:
        if wish.limit and len(alive) == wish.limit:
            break
        options.progress("mutants read", len(fates) + len(alive), len(made))
        fate = is_new(m)
        if fate is None:
            alive.append(m)
        else:
            fates[m.mutant.number] = fate
    fates |= _verified(path, alive, original, options)
    tried = tuple(Tried(m.mutant, fates[m.mutant.number]) for m in made if m.mutant.number in fates)
    known = tuple((o.name, o.words) for o in OPERATORS)
    inputs = tuple((i.path, i.sha256) for i in report.inputs)
    asked = tuple(original.items())
    left_out = len(every) - len(made)
    return report, Mutation(str(path), inputs, asked, len(made), tried, known, left_out)


class _IsNew:
    """Whether a mutant is another design at all; nothing is solved for that."""

    def __init__(self, path: Path, options: Options, design: Design) -> None:
        self.path, self.params, self.design = path, options.params, design
        self.known = properties()

    def __call__(self, made: Made) -> Fate | None:
        """What came of it if it is not."""
        loaded = load(self.path, self.params, self.known, overlay={made.key: made.text})
        if loaded.design is None:
            return _stillborn(loaded.diagnostics)
        return Same() if same(loaded.design, self.design) else None


def _verified(
    path: Path, alive: Sequence[Made], original: dict[str, str], options: Options
) -> dict[int, Fate]:
    alone = replace(options, jobs=1, progress=lambda what, done, total: None)

    def work(m: Made) -> Fate:
        return fate_of(original, verify(path, replace(alone, overlay={m.key: m.text})))

    def idle(done: int) -> None:
        options.progress("mutants verified", done, len(alive))

    out: dict[int, Fate] = {}
    for k, result in each(alive, work, options.jobs, idle):
        fate = Broken("error", result.why) if isinstance(result, Died) else result
        out[alive[k].mutant.number] = fate
    return out


def fate_of(original: dict[str, str], report: Report) -> Fate:
    """What came of a mutant, by the outcomes of the design itself and the report on the mutant."""
    if report.is_wrong:
        return _stillborn(report.diagnostics)
    now = {line.name: line for line in report.lines}
    broken = [b for line in report.lines if (b := _broken(line))]
    if broken:
        return broken[0]
    asked = [name for name, was in original.items() if was == "holds"]
    held = [now[name] for name in asked if name in now]
    kills = tuple(k for line in held if (k := _kill(line)))
    if kills:
        return Killed(kills)
    undecided = [_why(line) for line in held if outcome(line.verdict) != "holds"]
    undecided += [f"{name}: no verdict" for name in asked if name not in now]
    if undecided:
        return Undecided(tuple(undecided))
    mended = [
        name
        for name, was in original.items()
        if was in ("violated", "vacuous") and name in now and outcome(now[name].verdict) == "holds"
    ]
    bounded = [x.name for x in held if isinstance(x.verdict, Holds) and not _is_proved(x.verdict)]
    return Survived(tuple(mended), tuple(bounded))


def _is_proved(verdict: Holds) -> bool:
    return isinstance(verdict.how, Proved)


def _stillborn(found: Iterable[Diagnostic]) -> Stillborn:
    first = next(d for d in found if d.is_error)
    return Stillborn(f"{first.code} {first.headline}")


def _kill(line: Line) -> Kill | None:
    match line.verdict:
        case Violated(findings):
            return Kill(line.name, "violated", findings[0].statement)
        case Vacuous(missing):
            return Kill(line.name, "vacuous", missing)
        case _:
            return None


def _broken(line: Line) -> Broken | None:
    match line.verdict:
        case Disagree(first, second):
            return Broken("disagree", f"{line.name}: {first}; {second}")
        case Failed(where, reason, details):
            return Broken("error", f"{where}: {reason}\n{details}")
        case _:
            return None


def _why(line: Line) -> str:
    if isinstance(line.verdict, Unknown):
        return f"{line.name}: {line.verdict.reasons[0]}"
    return f"{line.name}: {outcome(line.verdict)}"
