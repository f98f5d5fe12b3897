"""What the primitives of a virtqueue do: publish, drain, enable, disable, and the looks at it.

Of a queue this is known: how many used entries the driver has not seen (only whether there are any,
where nothing depends on how many); whether the driver has notifications enabled; and with EVENT_IDX
or a packed event structure two distances that count instead of free-running indices (virtio 1.3,
2.7.7.2, 2.8.10):

    past   used index minus used_event: entries written since and including the one asked about
    new    used index minus its value when the device last decided whether to notify

`need_event` of three 16-bit indices is then `1 <= past <= new`: proved in bit-vectors
(checker/engines/event_index.py), for as long as `new` fits 16 bits, and but for a notification too
many where used_event is far behind (more than 65,535, or a lap of a packed ring). Counters stop at
a cap: with at most K entries published between two decisions, `new` is at most K, and all values of
`past` above K are alike. So they stand for rings of every size; packed ones of K entries or more.

With `memory tso` or `relaxed`, stores to the ring wait in a buffer of the agent that made them and
become visible in steps of their own, one by one, in the order in which they were made: `hidden` are
unseen entries that the driver cannot see yet. What the driver stores is in stores.py.
"""

from __future__ import annotations

from model.expr import (
    FALSE,
    TRUE,
    Expr,
    Lit,
    Var,
    add,
    at_most,
    conj,
    disj,
    equal,
    ite,
    less,
    negate,
)
from model.meaning.cells import Cells
from model.meaning.graph import Writes
from model.meaning.stores import Did, Stores
from model.meaning.world import QueueHere
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Counting:
    """How entries are counted: rings of `room` entries (None: of any size), up to `cap`.

    `batch` is how many entries a device may publish before it decides, as its programs are written.
    """

    room: int | None
    cap: int
    batch: int


class Queues:
    """Queue primitives over cells. `counted`: it matters how many entries are unseen."""

    def __init__(
        self, cells: Cells, suppression: str, memory: str, *, counted: bool, counting: Counting
    ) -> None:
        self.cells = cells
        self.by_index = suppression in ("event_idx", "packed_event")
        self.packed = suppression == "packed_event"
        self.suppressed = suppression != "none"
        self.weak = memory != "sc"
        self.counted = counted or self.by_index or self.weak
        self.counting = counting
        self.stores = Stores(cells, self, ordered=memory == "tso")
        self._decides = False
        """Whether some program asks `wants` of a queue that is there."""
        self.ending = False
        """True to ask whether agents come to rest: one entry less is less then, also at the cap."""

    @property
    def exact(self) -> bool:
        """Whether rings have so many entries and no more, as in an instance."""
        return self.counting.room is not None

    @property
    def cap(self) -> int:
        """The largest distance that is told apart."""
        return self.counting.cap

    @property
    def _uncapped(self) -> bool:
        """Whether each number of unseen entries has a value of its own.

        Where it is compared with other counters, it stops at their cap, as they do.
        """
        return self.ending and not (self.weak or self.by_index or self.exact)

    # Cells

    def _count(self, name: str) -> Var:
        return self.cells.count(name, None if self._uncapped else self.counting.cap)

    def _unseen(self, q: QueueHere) -> Var:
        name = f"{q.name}.unseen"
        return self._count(name) if self.counted else self.cells.flag(name)

    def _hidden(self, q: QueueHere) -> Var:
        return self._count(f"{q.name}.hidden")

    def _visible(self, q: QueueHere) -> Var:
        return self.cells.flag(f"{q.name}.visible")

    def _armed(self, q: QueueHere) -> Var:
        return self.cells.flag(f"{q.name}.notifications enabled", initial=True)

    def _each(self, q: QueueHere) -> Var:
        """RING_EVENT_FLAGS_ENABLE: each entry notifies, whatever the offset says."""
        return self.cells.flag(f"{q.name}.each entry notifies", initial=True)

    def _past(self, q: QueueHere) -> Var:
        return self._count(f"{q.name}.used since used_event")

    def _new(self, q: QueueHere) -> Var:
        return self._count(f"{q.name}.used since last decision")

    @property
    def never(self) -> Expr:
        """More entries between two decisions than the counters can tell apart.

        Where no program decides, nothing is read of them.
        """
        if not self._decides:
            return FALSE
        some = [
            c.var for n, c in self.cells.every.items() if n.endswith(".used since last decision")
        ]
        return disj(*(less(Lit(self.counting.batch), v) for v in some))

    # What is asked

    def work(self, q: QueueHere) -> Expr:
        """There are used entries that the driver has not seen, visible to it or not yet."""
        return self._some(self._unseen(q))

    def pending(self, q: QueueHere) -> Expr:
        """What the driver finds when it compares its index with the used index."""
        if not q.known:
            return self.cells.choice()
        return self._visible(q) if self.weak else self._some(self._unseen(q))

    def _some(self, v: Var) -> Expr:
        return v if v.is_bool else less(Lit(0), v)

    def wants(self, q: QueueHere, *, last: bool) -> tuple[Expr, Writes]:
        """The device's decision; with an event index it is about what is new since the last."""
        if not self.suppressed:
            return TRUE, {}
        if not q.known:
            return self.cells.choice(), {}
        if not self.by_index:
            return self._armed(q), {}
        self._decides = True
        past, new = self._past(q), self._new(q)
        need = equal(past, Lit(1)) if last else conj(at_most(Lit(1), past), at_most(past, new))
        if self.counting.room is None:
            # More than 65,535 behind, 16 bits may be taken for less: a notification too many.
            far = negate(less(past, Lit(self.counting.cap)))
            need = disj(need, conj(far, self.cells.choice()))
        if self.packed:
            need = disj(self._each(q), need)
        return conj(self._armed(q), need), {new.name: Lit(0)}

    # What is done

    def publish(self, q: QueueHere, *, starts: bool) -> Did:
        """A used entry, then the used index (virtio 1.3, 2.7.8.2).

        The device starts to publish only where a buffer is available; in the middle of a program a
        full ring is passed over.
        """
        if not q.known:
            return Did({})
        if not self.counted:
            return Did({self._unseen(q).name: TRUE})
        grown = [self._unseen(q)]
        grown += [self._hidden(q)] if self.weak else []
        if self.by_index:
            grown += [self._past(q), self._new(q)]
        writes: Writes = {v.name: self._more(v) for v in grown}
        if self.by_index and self.weak:
            writes |= {v.name: ite(is_of, self._more(v), v) for v, is_of in self.stores.events(q)}
        if self.counting.room is None:
            return Did(writes)
        room = less(self._unseen(q), Lit(self.counting.room))
        if starts:
            return Did(writes, room)
        sorts = {n: self.cells.every[n].var for n in writes}
        return Did({n: ite(room, e, sorts[n]) for n, e in writes.items()})

    def _more(self, v: Var) -> Expr:
        if self._uncapped:
            return add(v, Lit(1))
        return ite(less(v, Lit(self.counting.cap)), add(v, Lit(1)), v)

    def _less(self, v: Var) -> Expr:
        """One less; from the cap, which stands for more, perhaps the cap again."""
        one = add(v, Lit(-1))
        if self.exact or self._uncapped:
            return one
        stays = conj(negate(less(v, Lit(self.counting.cap))), self.cells.choice())
        return ite(stays, v, one)

    def drain(self, q: QueueHere, *, one: bool) -> Did:
        """The driver takes all used entries that it can see, or one."""
        if not q.known:
            return Did({})
        v, hidden, visible = self._unseen(q), self._hidden(q), self._visible(q)
        if not one:
            if not self.weak:
                return Did({v.name: Lit(0) if self.counted else FALSE})
            rest = ite(less(hidden, v), hidden, v)
            return Did({v.name: rest, visible.name: FALSE})
        if not self.weak:
            return Did({v.name: ite(less(Lit(0), v), self._less(v), v)})
        left = ite(visible, self._less(v), v)
        more: Expr = less(hidden, add(v, Lit(-1)))
        if self.counting.room is None:
            more = ite(less(v, Lit(self.counting.cap)), more, self.cells.choice())
        return Did({v.name: left, visible.name: conj(visible, more)})

    def enable(self, q: QueueHere, agent: str, *, on: bool) -> Did:
        """Notifications of what is used from now on, or none.

        With EVENT_IDX, enabling writes used_event := the driver's own index. Disabling writes an
        index that is far away (Linux virtqueue_disable_cb_split()); with flags, the flag. A packed
        event structure becomes DESC with that index, or DISABLE: before the first of these it is
        zero, which is ENABLE (virtio 1.3, 2.8.10).
        """
        if not self.suppressed or not q.known:
            return Did({})
        if self.weak:
            return self.stores.put(q, agent, on=on)
        return Did(self.asked(q, Lit(on), self._unseen(q)))

    def asked(self, q: QueueHere, on: Expr, past: Expr, when: Expr = TRUE) -> Writes:
        """Under a condition, what stands in memory of the driver's wish becomes this."""
        armed = self._armed(q)
        out: Writes = {armed.name: ite(when, on, armed)}
        if self.packed:
            out[self._each(q).name] = conj(self._each(q), negate(when))
        if self.by_index and on != FALSE:
            v = self._past(q)
            out[v.name] = ite(conj(when, on), past, v)
        return out

    def behind(self, q: QueueHere) -> Expr:
        """How far behind the used index the driver is."""
        return self._unseen(q)

    # The device's stores

    def published(self, q: QueueHere) -> Expr:
        """What the device has published is visible."""
        return negate(self._some(self._hidden(q))) if self.weak and q.known else TRUE

    def reveal(self, q: QueueHere) -> Did:
        """One of the device's stores of its used index becomes visible."""
        hidden = self._hidden(q)
        return Did({self._visible(q).name: TRUE, hidden.name: self._less(hidden)},
                   self._some(hidden))  # fmt: skip
