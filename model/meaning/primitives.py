"""What an access of a program is, as data: said beside its meaning over cells.

A node of a program's graph has two readings. The kernel's is what it writes to cells. The other one
is its name here, which is all that the machine (model/machine/) takes from it: what a `clear` or a
`pulse` does to bytes, pins and vectors is the machine's own affair.
"""

from __future__ import annotations

from model.record import dataclass


@dataclass(frozen=True, slots=True)
class OfRegister:
    """`read`, `set`, `clear`: of a register, or of the one of a line or queue named `of`.

    `bits` are those touched; `cells` the local variables that what is read goes to, or that say
    which bits are cleared. Not `there`: of a line that the device does not have.
    """

    verb: str
    register: str
    of: str
    bits: tuple[str, ...]
    cells: tuple[str, ...] = ()
    there: bool = True


@dataclass(frozen=True, slots=True)
class OfLine:
    """`raise`, `lower`, `pulse`, `mask`, `unmask`, `asserted`, `masked`, `enter`, `end`.

    `line` None: one that the device does not have.
    """

    verb: str
    line: int | None


@dataclass(frozen=True, slots=True)
class OfQueue:
    """`publish`, `drain`, `drain_one`, `enable`, `disable`, `schedule`, `complete`, and the looks.

    The looks are `pending`, `wants` and `wants_last`. `start` and `resume` begin a deferred service
    program: `start` gives up the scheduling bit at once, since the program never does.
    """

    verb: str
    queue: str


@dataclass(frozen=True, slots=True)
class OfConfig:
    """The configuration: `publish`, `notify`."""

    verb: str


@dataclass(frozen=True, slots=True)
class OfMemory:
    """The next store of a buffer of `agent` ('': the device) becomes visible.

    `queue` is whose ring the buffer is for; '': for all of them.
    """

    agent: str
    queue: str


@dataclass(frozen=True, slots=True)
class Barrier:
    """`fence`: all that the agent stored is visible."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """The end of a `lock` block, where the lock is given up if it is still held."""

    lock: str


@dataclass(frozen=True, slots=True)
class Returned:
    """`return handled`, `return none`."""

    handled: bool


Primitive = OfRegister | OfLine | OfQueue | OfConfig | OfMemory | Barrier | Unlock | Returned
