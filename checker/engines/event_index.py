"""Why two distances stand for 16-bit indices: `need_event`, proved in bit-vectors.

The kernel counts entries (model/meaning/queues.py): `past`, the used index minus used_event, and
`new`, the used index minus its value at the last decision. Devices compute with free-running
16-bit indices (Linux vring_need_event()), or, with a packed ring, with an offset and a wrap bit
for a ring of any size (virtqueue_kick_prepare_packed()). The lemmas say that both come to the same.
"""

from __future__ import annotations

from collections.abc import Callable

import z3

from checker.engines.contexts import fresh
from checker.engines.engine import Budget
from checker.engines.smtlib import Asserted, query
from checker.verdict.certificate import Query

_BITS = 20
"""Room for distances up to 65,535 and sums of two of them, without overflow."""
_LARGEST = 32768
"""Entries of the largest ring (virtio 1.3, 2.7 and 2.8.10.1)."""


def lemmas(suppression: str) -> tuple[Query, ...]:
    """What has to have no model for a kind of suppression; nothing where no index is compared."""
    made = _LEMMAS.get(suppression)
    return () if made is None else tuple(query(w, some) for w, some in made().items())


def shown(suppression: str, budget: Budget) -> str:
    """Whether the lemmas hold; '' or why it is not known."""
    made = _LEMMAS.get(suppression)
    for words, some in made().items() if made is not None else ():
        solver = z3.SolverFor("QF_BV", ctx=some[0].formula.ctx)
        if budget.rlimit:
            solver.set("rlimit", budget.rlimit)
        solver.add(*(a.formula for a in some))
        answer = solver.check()
        if answer != z3.unsat:
            return f"{words}: {answer}"
    return ""


_Lemma = dict[str, list[Asserted]]


def _low(x: z3.BitVecRef) -> z3.BitVecRef:
    return z3.Extract(15, 0, x)


def _need_event(event: z3.BitVecRef, new: z3.BitVecRef, old: z3.BitVecRef) -> z3.BoolRef:
    """vring_need_event() of include/uapi/linux/virtio_ring.h, in 16 bits."""
    return z3.ULT(new - event - 1, new - old)


def _distances(ctx: z3.Context) -> tuple[z3.BitVecRef, z3.BitVecRef, Asserted]:
    past, new = z3.BitVec("past", _BITS, ctx), z3.BitVec("new", _BITS, ctx)
    most = z3.BitVecVal(0xFFFF, _BITS, ctx)
    small = z3.And(z3.ULE(past, most), z3.ULE(new, most))
    return past, new, Asserted("distances that fit 16 bits", small)


def _asked(past: z3.BitVecRef, new: z3.BitVecRef, ctx: z3.Context) -> z3.BoolRef:
    """What the kernel says instead: the entry asked about is one of the new ones."""
    return z3.And(z3.ULE(z3.BitVecVal(1, _BITS, ctx), past), z3.ULE(past, new))


def _split() -> _Lemma:
    ctx = fresh()
    used = z3.BitVec("used_idx", 16, ctx)
    past, new, small = _distances(ctx)
    one = z3.BitVecVal(1, _BITS, ctx)
    event, old = used - _low(past), used - _low(new)
    decided = _need_event(event, used, old)
    equal = used - 1 == event
    return {
        "vring_need_event() of 16-bit indices is 1 <= past <= new": [
            small,
            Asserted("they differ", decided != _asked(past, new, ctx)),
        ],
        "the newest entry's index is used_event exactly if past is 1": [
            small,
            Asserted("they differ", equal != (past == one)),
        ],
    }


def _packed() -> _Lemma:
    ctx = fresh()
    past, _, small = _distances(ctx)
    size, at = z3.BitVec("size", _BITS, ctx), z3.BitVec("position", _BITS, ctx)
    wrap = z3.Bool("wrap_counter", ctx)
    one, largest = z3.BitVecVal(1, _BITS, ctx), z3.BitVecVal(_LARGEST, _BITS, ctx)
    ring = Asserted(
        "a ring of 1 to 32768 entries, and a position in it",
        z3.And(z3.ULE(one, size), z3.ULE(size, largest), z3.ULT(at, size)),
    )
    inside = Asserted("the entry asked about is not more than a lap behind", z3.ULE(past, size))
    # The event structure names a place in the ring, so many laps back as it takes.
    laps = z3.BitVec("laps", 2, ctx)
    back = z3.ZeroExt(_BITS - 2, laps) * size
    offset = at + back - past
    its_wrap = z3.Xor(wrap, z3.Extract(0, 0, laps) == 1)
    place = Asserted("the place in the ring that is `past` entries back", z3.ULT(offset, size))
    # virtqueue_kick_prepare_packed(): event_idx -= size where the wrap bits differ.
    event = z3.If(its_wrap == wrap, offset, offset - size)
    last = z3.If(at == 0, size, at) - 1
    last_wrap = z3.If(at == 0, z3.Not(wrap), wrap)
    equal = z3.And(offset == last, its_wrap == last_wrap)
    given = [small, ring, place, inside]
    return {
        "packed ring of any size: converted to 16 bits, the event is `past` entries back": [
            *given,
            Asserted("they differ", _low(at) - _low(event) != _low(past)),
        ],
        "packed ring of any size: the newest entry is the one asked about exactly if past is 1": [
            *given,
            Asserted("they differ", equal != (past == one)),
        ],
        # What vring_need_event() makes of an event that far back does not depend on the ring.
        **_split(),
    }


_LEMMAS: dict[str, Callable[[], _Lemma]] = {"event_idx": _split, "packed_event": _packed}
