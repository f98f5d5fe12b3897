"""What the primitives of a virtqueue do: publish, drain, enable, disable, and the looks at it.

Of a queue this is known: how many used entries the driver has not seen (only whether there are any,
where nothing depends on how many); whether the driver has notifications enabled; and with EVENT_IDX
or a packed event structure two distances that count instead of free-running indices (virtio 1.3,
2.7.7.2, 2.8.10):

    past   used index minus used_event: entries written since and including the one asked about
    new    used index minus its value when the device last decided whether to notify

`need_event` of three 16-bit indices is then `1 <= past <= new`; that this is the same is proved in
bit-vectors (checker/properties/event_index.py). With `memory tso` or `relaxed`, stores to the ring
wait in a buffer of the agent that made them, and become visible in a step of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.expr import FALSE, TRUE, Expr, Lit, Var, add, at_most, conj, equal, ite, less, negate
from model.meaning.cells import Cells
from model.meaning.graph import Writes
from model.meaning.world import QueueHere

DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Did:
    """What a primitive does, when it may."""

    writes: Writes
    guard: Expr = TRUE


class Queues:
    """Queue primitives over cells; `most` bounds counters (None: unbounded, any queue size)."""

    def __init__(
        self, cells: Cells, suppression: str, memory: str, *, counted: bool, most: int | None
    ) -> None:
        self.cells = cells
        self.by_index = suppression in ("event_idx", "packed_event")
        self.suppressed = suppression != "none"
        self.counted = counted or self.by_index
        self.weak = memory != "sc"
        self.ordered = memory == "tso"
        self.most = most
        self.stores: dict[str, list[QueueHere]] = {}
        """Agents and the queues whose enabling they may have in a store buffer."""

    # Cells

    def _unseen(self, q: QueueHere) -> Var:
        name = f"{q.name}.unseen"
        return self.cells.count(name, self.most) if self.counted else self.cells.flag(name)

    def _hidden(self, q: QueueHere) -> Var:
        name = f"{q.name}.unseen, not visible"
        return self.cells.count(name, self.most) if self.counted else self.cells.flag(name)

    def _armed(self, q: QueueHere) -> Var:
        return self.cells.flag(f"{q.name}.notifications enabled", initial=True)

    def _past(self, q: QueueHere) -> Var:
        return self.cells.count(f"{q.name}.used index - used_event", self._cap)

    def _new(self, q: QueueHere) -> Var:
        return self.cells.count(f"{q.name}.new since last decision", self._cap)

    def _stored(self, agent: str, q: QueueHere) -> tuple[Var, Var, Var]:
        at = f"{agent}.store of {q.name}"
        return (
            self.cells.flag(f"{at} waits"),
            self.cells.flag(f"{at} enables"),
            self.cells.count(f"{at} - used_event", self._cap),
        )

    @property
    def _cap(self) -> int | None:
        return None if self.most is None else 4 * self.most

    @property
    def size(self) -> Expr:
        """Entries of a ring: those of a small instance, or any number."""
        if self.most is not None:
            return Lit(self.most)
        return self.cells.fact("queue size", is_bool=False, lo=1, hi=32768)

    # What is asked

    def work(self, q: QueueHere) -> Expr:
        """There are used entries that the driver has not seen, visible to it or not yet."""
        hidden = self._some(self._hidden(q)) if self.weak else FALSE
        seen = self.pending(q)
        return seen if hidden == FALSE else negate(conj(negate(seen), negate(hidden)))

    def pending(self, q: QueueHere) -> Expr:
        """What the driver finds when it compares its index with the used index."""
        return self._some(self._unseen(q)) if q.known else self.cells.choice()

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
        past, new = self._past(q), self._new(q)
        need = equal(past, Lit(1)) if last else conj(at_most(Lit(1), past), at_most(past, new))
        return conj(self._armed(q), need), {new.name: Lit(0)}

    # What is done

    def publish(self, q: QueueHere, *, starts: bool) -> Did:
        """A used entry, then the used index (virtio 1.3, 2.7.8.2).

        The device starts to publish only where a buffer is available; in the middle of a program a
        full ring is passed over.
        """
        if not q.known:
            return Did({})
        target = self._hidden(q) if self.weak else self._unseen(q)
        if not self.counted:
            return Did({target.name: TRUE})
        out = [self._unseen(q), *([self._hidden(q)] if self.weak else [])]
        room = less(add(*out), self.size)
        grown = [target]
        if self.by_index:
            grown += [self._past(q), self._new(q)]
            grown += [self._stored(a, q)[2] for a, some in self.stores.items() if q in some]
        writes: Writes = {v.name: self._more(v) for v in grown}
        if starts:
            return Did(writes, room)
        return Did({v.name: ite(room, writes[v.name], v) for v in grown})

    def _more(self, v: Var) -> Expr:
        cap = self.cells.every[v.name].hi
        more = add(v, Lit(1))
        return more if cap is None else ite(less(v, Lit(cap)), more, v)

    def drain(self, q: QueueHere, *, one: bool) -> Did:
        """The driver takes all used entries that it can see, or one."""
        if not q.known:
            return Did({})
        v = self._unseen(q)
        if v.is_bool:
            return Did({v.name: FALSE})
        left = ite(less(Lit(0), v), add(v, Lit(-1)), v) if one else Lit(0)
        return Did({v.name: left})

    def enable(self, q: QueueHere, agent: str, *, on: bool) -> Did:
        """Notifications of what is used from now on, or none.

        With EVENT_IDX, enabling writes used_event := the driver's own index. Disabling writes an
        index that is far away (Linux virtqueue_disable_cb_split()); with flags, the flag.
        """
        if not self.suppressed or not q.known:
            return Did({})
        if self.weak:
            waits, enables, past = self._stored(agent, q)
            writes: Writes = {waits.name: TRUE, enables.name: Lit(on)}
            if self.by_index and on:
                writes[past.name] = add(self._unseen(q), self._hidden(q))
            before = self._earlier(agent, q) if self.ordered else TRUE
            return Did(writes, before)
        writes = {self._armed(q).name: Lit(on)}
        if self.by_index and on:
            writes[self._past(q).name] = self._unseen(q)
        return Did(writes)

    # Store buffers

    def visible(self, agent: str) -> Expr:
        """All that the agent has stored is visible to others."""
        waiting = [self._stored(agent, q)[0] for q in self.stores.get(agent, [])]
        return conj(*(negate(w) for w in waiting))

    def _earlier(self, agent: str, q: QueueHere) -> Expr:
        # Stores become visible in order: with one waiting for another queue, this one waits too.
        others = [o for o in self.stores.get(agent, []) if o != q]
        return conj(*(negate(self._stored(agent, o)[0]) for o in others))

    def published(self, q: QueueHere) -> Expr:
        """What the device has published is visible."""
        return negate(self._some(self._hidden(q))) if self.weak and q.known else TRUE

    def reveal(self, q: QueueHere) -> Did:
        """The device's store of the used index becomes visible."""
        unseen, hidden = self._unseen(q), self._hidden(q)
        if unseen.is_bool:
            both = negate(conj(negate(unseen), negate(hidden)))
            return Did({unseen.name: both, hidden.name: FALSE}, hidden)
        writes: Writes = {unseen.name: add(unseen, hidden), hidden.name: Lit(0)}
        return Did(writes, less(Lit(0), hidden))

    def settle_store(self, agent: str, q: QueueHere) -> Did:
        """A driver's store to the flags or used_event becomes visible."""
        waits, enables, past = self._stored(agent, q)
        writes: Writes = {waits.name: FALSE, self._armed(q).name: enables}
        if self.by_index:
            writes[self._past(q).name] = ite(enables, past, self._past(q))
        return Did(writes, waits)
