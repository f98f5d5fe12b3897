"""A system as a program in C that visits all its states, breadth first, and needs nothing else.

It is generated from the same steps as every other engine and shares no other code with them: a
state is a few 64-bit words, a step is a condition and some shifts. Its order is that of our own
search, so that both find the same run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from checker.export.spelling import Names, NotConcrete, comment, identifiers, spelled, string
from model.expr import Expr, free
from model.kernel.system import Cell, Step, System
from model.record import dataclass

_CORE = Path(__file__).with_name("search.c")
_WORD = 64
_UNBOUNDED = (-(2**31), 2**31 - 1)
_MOST_STEPS = 1 << 16
_HEAD = """\
/* {title}
 *
 * Visits every state of this instance, breadth first, and says whether a notification is lost:
 * nobody can step, and the work of a source is unseen. Whether a run goes on for ever is not asked.
 *
 *   cc -O2 -o search FILE && ./search [--all] [--most STATES]
 *
 * It ends with 0 if nothing is lost, with 1 if something is (the run is the shortest there is),
 * with 4 if there are too many states. With --all it goes on after the first loss.
 */

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS {words}

static int reach(const uint64_t *s, uint64_t from, unsigned step);
static _Noreturn void beyond(const char *cell);
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a cell is in a state: the word, the first bit, how many; it is stored less `lo`."""

    word: int
    shift: int
    bits: int
    lo: int
    hi: int

    @property
    def mask(self) -> int:
        return (1 << self.bits) - 1


def search(system: System, title: str) -> str:
    """The program. Raises `NotConcrete` for anything but a concrete instance."""
    if len(system.steps) >= _MOST_STEPS:
        raise NotConcrete(f"the instance has {len(system.steps):,} steps")
    names, places = identifiers(system.cells), _places(system.cells)
    words = 1 + max((p.word for p in places.values()), default=0)
    steps = [_step(k, s, names, places) for k, s in enumerate(system.steps)]
    reads = set[str]().union(*(_reads(s) for s in system.steps))
    parts = [
        _HEAD.format(title=comment(title), words=words),
        _layout(system.cells, places),
        _strings("step_name", (s.name for s in system.steps)),
        _first(system.cells, places, words),
        f'static const char instance[] = "{string(title)}";\n',
        "static int is_bad(const uint64_t *s)\n{\n\t(void)s;\n"
        + _cells(free(system.bad), system.cells, names, places)
        + f"\treturn {_c(system.bad, names)};\n}}\n",
        "static int expand(const uint64_t *at, uint64_t from)\n{\n"
        "\tuint64_t s[WORDS], n[WORDS];\n\n"
        "\tmemcpy(s, at, sizeof s); /* The store may move. */\n"
        "\t(void)n, (void)from, (void)beyond;\n"
        + _cells(reads, system.cells, names, places)
        + "".join(steps)
        + "\treturn 0;\n}\n",
        _CORE.read_text(encoding="utf-8").lstrip(),
    ]
    return "\n".join(parts)


def _places(cells: Iterable[Cell]) -> dict[str, _Place]:
    out: dict[str, _Place] = {}
    word, used = 0, 0
    for c in cells:
        lo, hi = (0, 1) if c.is_bool else (c.lo, c.hi)
        if lo is None or hi is None:
            lo, hi = _UNBOUNDED
        bits = max(1, (hi - lo).bit_length())
        if bits >= _WORD:
            raise NotConcrete(f"`{c.name}` has too many values")
        if used + bits > _WORD:
            word, used = word + 1, 0
        out[c.name] = _Place(word, used, bits, lo, hi)
        used += bits
    return out


def _layout(cells: Sequence[Cell], places: dict[str, _Place]) -> str:
    rows = [(places[c.name], comment(c.name)) for c in cells]
    lines = [f" *   word {p.word}, bits {p.shift}..{p.shift + p.bits - 1}: {n}\n" for p, n in rows]
    return "/* A state:\n" + "".join(lines) + " */\n"


def _first(cells: Iterable[Cell], places: dict[str, _Place], words: int) -> str:
    made = [0] * words
    for c in cells:
        if c.initial is None:
            raise NotConcrete(f"`{c.name}` is not decided")
        p = places[c.name]
        made[p.word] |= (int(c.initial) - p.lo) << p.shift
    every = ", ".join(f"0x{w:x}u" for w in made)
    return f"static const uint64_t first_state[WORDS] = {{ {every} }};\n"


def _strings(name: str, some: Iterable[str]) -> str:
    lines = "".join(f'\t"{string(x)}",\n' for x in some)
    return f'static const char *const {name}[] = {{\n{lines}\t"",\n}};\n'


def _reads(s: Step) -> frozenset[str]:
    return frozenset(free(s.guard)).union(*(free(e) for _, e in s.writes))


def _cells(
    wanted: Iterable[str], cells: Iterable[Cell], names: Names, places: dict[str, _Place]
) -> str:
    """The values of these cells as numbers."""
    some = set(wanted)
    return "".join(
        f"\tconst int64_t {names[c.name]} = {_value(places[c.name])};\n"
        for c in cells
        if c.name in some
    )


def _value(p: _Place) -> str:
    bits = f"(int64_t)(s[{p.word}] >> {p.shift} & 0x{p.mask:x}u)"
    return bits if p.lo == 0 else f"{bits} + ({p.lo})"


def _step(k: int, s: Step, names: Names, places: dict[str, _Place]) -> str:
    if s.choices:
        raise NotConcrete(f"`{s.name}` chooses a value")
    body = "\n".join(f"\t\t{x}" for x in _writes(s, names, places))
    return (
        f"\tif ({_c(s.guard, names)}) {{ /* {comment(s.name)} */\n{body}\n"
        f"\t\tif (reach(n, from, {k}))\n\t\t\treturn 1;\n\t}}\n"
    )


def _writes(s: Step, names: Names, places: dict[str, _Place]) -> Iterator[str]:
    """All of them over the state before."""
    for i, (_, e) in enumerate(s.writes):
        yield f"const int64_t w{i} = {_c(e, names)};"
    for i, (name, _) in enumerate(s.writes):
        p = places[name]
        if p.hi - p.lo != 1 or p.lo != 0:
            yield f'if (w{i} < {p.lo} || w{i} > {p.hi})\n\t\t\tbeyond("{string(name)}");'
    yield "memcpy(n, s, sizeof n);"
    for i, (name, _) in enumerate(s.writes):
        p = places[name]
        less = f" - ({p.lo})" if p.lo else ""
        kept = f"n[{p.word}] & ~((uint64_t)0x{p.mask:x}u << {p.shift})"
        yield f"n[{p.word}] = ({kept}) | (uint64_t)(w{i}{less}) << {p.shift};"


def _c(e: Expr, names: Names) -> str:
    return spelled(e, names, lambda test, then, other: f"({test} ? {then} : {other})")
