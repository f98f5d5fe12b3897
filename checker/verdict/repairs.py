"""Which single change of a design leaves no run that loses a notification, in the device of a run.

A help for whoever has to change it, and no verdict: each change is tried in that device alone, with
the sources of the run, and with one of each other kind. Where it is visited whole, nothing goes
wrong, and every source is still served, the change is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from checker.verdict.trace import Subject, Trace, setting_of
from model.design.design import Design
from model.design.mapping import Transport
from model.expr import Undefined
from model.kernel.compile import Packed, places, predicate, successors
from model.kernel.explore import Explored, TooManyStates, explore, stuck, unhandled
from model.kernel.system import System
from model.meaning.edits import Edit, edits
from model.meaning.instance import Instance
from model.meaning.layout import TooLarge
from model.meaning.programs import Unsupported
from model.record import dataclass
from model.span import Span

MOST_STATES, MOST_TRIED, MOST_IN_ALL = 20_000, 300, 400_000
"""States of one change, changes, and states of all: counts end it, so that it ends the same."""
MOST_SHOWN = 3
_After = Mapping[Packed, Sequence[tuple[int, Packed]]]


@dataclass(frozen=True, slots=True)
class Repair:
    """A change in words, where, and how many states the device then has."""

    words: str
    at: Span
    states: int


@dataclass(frozen=True, slots=True)
class Repairs:
    """Those found, of so many that were tried; not all of them, if that was too much."""

    found: tuple[Repair, ...]
    tried: int
    is_all: bool


def repairs(design: Design, trace: Trace, most: int = MOST_SHOWN) -> Repairs:
    """Changes that help, so many at most, the driver's first; of each statement one."""
    found: dict[tuple[str, int], Repair] = {}
    seen: set[Transport] = set()
    tried = visited = 0
    for made in _edits(design, trace):
        if len(found) == most:
            break
        if tried == MOST_TRIED or visited >= MOST_IN_ALL:
            return Repairs(tuple(found.values()), tried, is_all=False)
        at = (made.at.source.path, made.at.start)
        if at in found or made.makes in seen or any(_is_said(r, made) for r in found.values()):
            continue
        seen.add(made.makes)
        tried += 1
        is_repaired, states, more = _visited(design, trace, made)
        visited += states + more
        if is_repaired:
            found[at] = Repair(made.words, made.at, states)
    return Repairs(tuple(found.values()), tried, is_all=True)


def _is_said(r: Repair, made: Edit) -> bool:
    """Whether the same words are said of the same line already."""
    return (
        r.words == made.words and r.at.place.rpartition(":")[0] == made.at.place.rpartition(":")[0]
    )


def _edits(design: Design, trace: Trace) -> Iterator[Edit]:
    setting = setting_of(design, trace.of) if trace.of else None
    if setting is not None:
        yield from edits(design.transport(setting.device.transport), setting.mode, setting.trigger)


def _visited(design: Design, trace: Trace, made: Edit) -> tuple[bool, int, int]:
    """Whether all is well with the change; how many states there are, and with other sources.

    What helps the sources of the run and harms another one, is no repair.
    """
    of = trace.of
    assert of is not None
    changed = tuple(made.makes if t.name == made.makes.name else t for t in design.transports)
    new = replace(design, transports=changed)
    is_good, states = _is_good(new, of, of.active)
    more = 0
    for other in _others(design, of) if is_good else ():
        if _is_good(design, of, (other,))[0]:  # What goes wrong as it is, is another matter.
            alone, few = _is_good(new, of, (other,))
            together, many = _is_good(new, of, (*of.active, other))
            more += few + many
            is_good = alone is not False and together is not False
            if not is_good:
                break
    return bool(is_good), states, more


def _others(design: Design, of: Subject) -> Iterator[str]:
    """Of each kind of source that the run is not about, the first."""
    setting = setting_of(design, of)
    assert setting is not None
    rows = Instance(design, setting).sources
    kinds = {r.family for r in rows if r.name in of.active}
    for r in rows:
        if r.family not in kinds:
            kinds.add(r.family)
            yield r.name


def _is_good(design: Design, of: Subject, active: Sequence[str]) -> tuple[bool | None, int]:
    """Whether nothing goes wrong where these produce (None: too much to tell), and the states."""
    setting = setting_of(design, of)
    assert setting is not None
    try:
        system = Instance(design, setting).system(frozenset(active))
        reached = explore(system, MOST_STATES)
    except TooManyStates:
        return None, MOST_STATES
    except (Undefined, TooLarge, Unsupported):
        return False, 0
    fails = reached.bad is not None or stuck(system, reached) or unhandled(system, reached)
    return not fails and _all_served(system, reached, len(active)), len(reached.states)


def _all_served(system: System, reached: Explored, sources: int) -> bool:
    """Each source is served in some run in which everybody rests in the end.

    A change that keeps a source from having or being given anything repairs nothing, nor does one
    that has the driver look for ever.
    """
    if len(system.sources) < sources:
        return False
    at = places(system)
    steps = successors(system.steps, at)
    after = {s: steps(s) for s in reached.states}
    resting = _leading_to_rest(system, after, predicate(system.quiet, at))
    left = [predicate(s.work, at) for s in system.sources]
    for s, some in after.items():
        for _, n in some if left else ():
            if n in resting:
                left = [work for work in left if not (work(s) and not work(n))]
    return not left


def _leading_to_rest(
    system: System, after: _After, rests: Callable[[Packed], bool]
) -> AbstractSet[Packed]:
    """States from which everybody may come to rest while nothing new is produced."""
    before: dict[Packed, list[Packed]] = {}
    for s, some in after.items():
        for k, n in some:
            if not system.steps[k].produces:
                before.setdefault(n, []).append(s)
    found = {s for s in after if rests(s)}
    todo = list(found)
    while todo:
        more = [s for s in before.get(todo.pop(), ()) if s not in found]
        found.update(more)
        todo += more
    return found
