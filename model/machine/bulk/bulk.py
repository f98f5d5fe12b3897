"""A machine's many runs in C: `ends_well` for one from the start, `run` from where it stands.

What C says of a run is only that it certainly ends well; all else is played again by the machine
itself (schedule.py), which alone says how. The state is written out as bytes and cells and read
back; `packed` is also how the two are compared after a run.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING

from model.expr import Value
from model.machine.bulk import _bulk
from model.machine.bulk.table import PIN, Cells, Table, TooLarge
from model.machine.controllers import EdgePin, LevelPin, Line, Vector
from model.machine.memory import Stores

if TYPE_CHECKING:
    from model.machine.machine import Machine

_RESTS = 0


def bulk(m: Machine) -> Bulk | None:
    """The machine in C; None: one that C does not take."""
    if m.cpus is not None:  # Who may run then hangs on who runs where.
        return None
    try:
        return Bulk(m)
    except TooLarge:
        return None


class Bulk:
    """The table of a machine and a state to work on."""

    def __init__(self, m: Machine) -> None:
        made = Table(m)
        self.m, self.cells = m, made.cells
        self._table = array("i", made.words)
        now = packed(m, self.cells)
        m.reset()
        self._first = bytes(packed(m, self.cells))
        _unpack(m, self.cells, now)
        self._work = bytearray(self._first)

    def ends_well(self, schedule: bytes) -> bool:
        """Whether a schedule from the first state certainly ends at rest with nothing left."""
        memory = self.cells.bytes
        return _bulk.play(self._table, self._work, schedule, memory, self._first) == _RESTS

    def run(self, schedule: bytes) -> int | None:
        """A schedule from where the machine stands; how many could step.

        None, and nothing has happened: C cannot do it.
        """
        state = packed(self.m, self.cells)
        taken = _bulk.run(self._table, state, schedule, self.cells.bytes)
        if taken < 0:
            return None
        _unpack(self.m, self.cells, state)
        return taken


def packed(m: Machine, at: Cells) -> bytearray:
    """The state of a machine, with the counters of the spurious detector."""
    memory = bytearray(at.bytes)
    memory[: at.window] = m.memory.ram
    memory[at.window : at.window + len(m.registers.window)] = m.registers.window
    cells = array("i", bytes(4 * at.size))
    for first, values in _values(m, at):
        for k, v in enumerate(values, first):
            cells[k] = _signed(int(v))
    return memory + cells.tobytes()


def _signed(word: int) -> int:
    """32 bits as C keeps them."""
    return word - (1 << 32) if word >= 1 << 31 else word


def _values(m: Machine, at: Cells) -> Iterator[tuple[int, tuple[Value, ...]]]:
    yield at.generation, (m.window.generation, m.config_read)
    for a in m.agents:
        yield at.at[a.name], (a.at, a.declined)
        yield at.loc[a.name], tuple(a.loc)
    for first, x in zip(at.line, m.lines, strict=True):
        yield first, _pin(x)
    for q, r in m.rings.items():
        yield at.ring[q], r.state()
    for q, on in m.scheduled.items():
        yield at.scheduled[q], (on,)
    for name, holder in m.locks.items():
        yield at.lock[name], (holder,)
    for k, s in m.stores.items():
        yield at.stores[k], (len(s.waiting), *(v for one in s.waiting for v in one))


def _pin(x: Line) -> tuple[Value, ...]:
    d = x.desc
    bits = d.wanted, d.in_progress, d.irq_pending, d.disabled, d.killed
    linux = *bits, d.count, d.unhandled, d.ran, d.nobodys
    match x:
        case EdgePin():
            return x.driven, x.wire, x.chip_masked, False, False, False, *linux
        case LevelPin():
            return x.driven, x.wire, False, False, x.latched, x.remote_irr, *linux
        case Vector():
            own = x.driven, x.wire, x.table.masked(x.k), x.table.noted(x.k)
            return *own, False, False, *linux
        case _:
            raise TypeError(x)


def _unpack(m: Machine, at: Cells, state: bytearray) -> None:
    m.memory.ram[:] = state[: at.window]
    m.registers.window[:] = state[at.window : at.window + len(m.registers.window)]
    cells = array("i", bytes(state[at.bytes :]))

    def some(first: int, n: int) -> list[int]:
        return list(cells[first : first + n])

    m.window.generation, m.config_read = (w & 0xFFFFFFFF for w in some(at.generation, 2))
    for a in m.agents:
        a.at, a.declined = some(at.at[a.name], 2)
        now = some(at.loc[a.name], len(a.loc))
        a.loc[:] = [type(x)(v) for x, v in zip(a.first, now, strict=True)]
    for first, x in zip(at.line, m.lines, strict=True):
        _unpack_pin(x, some(first, PIN))
    for q, r in m.rings.items():
        r.restore(tuple(some(at.ring[q], 5)))
    for q in m.scheduled:
        m.scheduled[q] = bool(cells[at.scheduled[q]])
    for name in m.locks:
        m.locks[name] = cells[at.lock[name]]
    for k, s in m.stores.items():
        _unpack_stores(s, some(at.stores[k], 1 + 3 * s.room))


def _unpack_pin(x: Line, cells: list[int]) -> None:
    on = [bool(v) for v in cells]
    match x:
        case EdgePin():
            own = on[:3]
        case LevelPin():
            own = [*on[:2], *on[4:6]]
        case _:
            own = [*on[:2], on[3], on[2]]
    x.restore((*own, *on[6:11]))
    x.desc.count, x.desc.unhandled, x.desc.ran, x.desc.nobodys = cells[11:]


def _unpack_stores(s: Stores, cells: list[int]) -> None:
    waiting = [cells[1 + 3 * k : 4 + 3 * k] for k in range(cells[0])]
    s.restore(tuple((address, size, word & 0xFFFFFFFF) for address, size, word in waiting))
