"""The machine's rings against the C core: the same programs, the same notifications and buffers.

The machine has rings of its own because it has to go back to earlier states and to hold stores
back; what they decide must be what the core decides, byte-exact to virtio 1.3 (tests/ring/).
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from model.machine.memory import Memory
from model.machine.rings import PackedRing, Ring, SplitRing
from model.ring.layout import NONE, Feature, laid_out
from model.ring.ring import Device, Driver

KINDS = {
    "flags": NONE,
    "event_idx": Feature.EVENT_IDX,
    "packed_event": Feature.PACKED | Feature.EVENT_IDX,
}
SIZE, DATA = 16, 0x8000


class Core:
    """The C core's two sides, used as the machine uses its rings."""

    def __init__(self, kind: str, buffers: int) -> None:
        memory = bytearray(0x10000)
        at = laid_out(0, SIZE, KINDS[kind])
        self.driver, self.device = Driver(memory, 0, at), Device(memory, 0, at)
        for k in range(buffers):
            self._post(k)

    def _post(self, token: int) -> None:
        self.driver.add((), ((DATA + 64 * token, 64),), token)
        self.driver.publish()

    def publish(self) -> bool:
        found = self.device.pop()
        if found is None:
            return False
        self.device.push(found.handle, 1)
        self.device.publish()
        return True

    def take(self) -> int:
        used = self.driver.get_used()
        if used is None:
            return 0
        assert used.length == 1
        self._post(used.token)
        return 1


def made(kind: str, buffers: int) -> Ring:
    if kind == "packed_event":
        return PackedRing(Memory(), SIZE, buffers)
    return SplitRing(Memory(), SIZE, buffers, by_index=kind == "event_idx")


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.integers(1, 4),
    st.lists(st.sampled_from("pppdoew"), max_size=80),
)
def test_the_same_programs_do_the_same(kind: str, buffers: int, ops: list[str]) -> None:
    ring, core = made(kind, buffers), Core(kind, buffers)
    new = 0
    for op in ops:
        if op == "p":
            done = ring.publish(None)
            assert core.publish() == done
            new += done
        elif op == "d":
            taken = ring.drain()
            assert sum(core.take() for _ in range(taken + 1)) == taken
        elif op == "o":
            assert ring.drain_one() == core.take()
        elif op == "e":
            ring.enable(None)
            assert core.driver.enable_used() == ring.pending()
        elif new:  # With nothing new the two need not say the same: nobody asks then.
            assert ring.wants(last=False) == core.device.notify(), (kind, new)
            new = 0


def test_a_driver_that_asks_for_none_gets_none_soon() -> None:
    for kind in KINDS:
        ring, core = made(kind, 4), Core(kind, 4)
        for _ in range(2):
            ring.disable(None)
            core.driver.disable_used()
            for _ in range(3):
                ring.publish(None)
                core.publish()
                said = core.device.notify()
                assert not ring.wants(last=False)
                assert not said or kind == "event_idx"  # It has no index that says never.
            ring.drain()
            while core.take():
                pass
