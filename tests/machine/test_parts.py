"""The parts of the machine by themselves: registers, lines, Linux' line handling, rings, memory."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.design.mapping import Register
from model.machine import linux
from model.machine.controllers import NO_VECTOR, EdgePin, LevelPin, MsixTable, Vector
from model.machine.memory import Memory, Stores
from model.machine.mmio import (
    EVENT_IDX,
    RING_PACKED,
    RING_RESET,
    VERSION_1,
    At,
    BootFailed,
    QueueRegisters,
    QueueSetup,
    Status,
    Window,
    boot,
)
from model.machine.registers import INTERRUPT_ACK, INTERRUPT_STATUS, RegisterFile
from model.machine.rings import PackedRing, RingFault, SplitRing, need_event
from model.span import Source, Span

HERE = Span(Source("here", ""), 0, 0)


def register(name: str, bits: str, per: str = "", *, clears: bool = False) -> Register:
    return Register(name, tuple(bits.split()), per, clears, HERE)


def window(*registers: Register, vectors: int = 0) -> Window:
    file = RegisterFile(registers, ["line 0", "line 1"], ["rx", "tx"], Memory())
    queues = {0: QueueRegisters(256), 1: QueueRegisters(256)}
    return Window(1, VERSION_1 | EVENT_IDX, file, queues, vectors)


# Registers


MORE = " C D E F G H I J"
"""Beside two others more than a byte holds."""


@pytest.mark.parametrize("more", ["", MORE])
def test_an_acknowledgement_clears_what_is_set_in_it_and_nothing_else(more: str) -> None:
    w = window(register("status", "USED CONFIG" + more))
    status = w.registers.at("status", "")
    status.set(0b11)
    assert w.read(INTERRUPT_STATUS) == 0b11
    w.write(INTERRUPT_ACK, 0b101)
    assert w.read(INTERRUPT_STATUS) == 0b10


@pytest.mark.parametrize(("more", "defined"), [("", 1), (MORE, 0x1FF)])
def test_bits_that_are_not_declared_are_never_set(more: str, defined: int) -> None:
    status = window(register("status", "USED" + more)).registers.at("status", "")
    status.set(0xFFFF)
    assert status.peek() == status.read() == defined
    status.clear(0xFF00)
    assert status.peek() == defined & 0xFF


@pytest.mark.parametrize(("more", "bits"), [("", 0b10), (MORE, 0x202)])
def test_a_read_of_an_isr_takes_it_and_a_look_does_not(more: str, bits: int) -> None:
    isr = window(register("isr", "QUEUE CONFIG" + more, clears=True)).registers.at("isr", "")
    isr.set(bits)
    isr.set(bits & -bits)
    assert isr.peek() == bits
    assert isr.read() == bits
    assert isr.read() == 0


def test_indicators_of_queues_share_a_byte_and_do_not_touch_each_other() -> None:
    file = window(register("ind", "A B C", "queue")).registers
    rx, tx = file.at("ind", "rx"), file.at("ind", "tx")
    rx.set(0b111)
    tx.set(0b010)
    rx.clear(0b101)
    assert (rx.read(), tx.read()) == (0b010, 0b010)
    assert file.offsets["ind", "rx"] == file.offsets["ind", "tx"]


def test_a_register_for_each_line_is_one_for_each() -> None:
    file = window(register("status", "USED", "line")).registers
    file.at("status", "line 0").set(1)
    assert file.at("status", "line 1").read() == 0
    assert file.at("status", "line 7").read() == 0  # There is none: writes go nowhere.


# The life of a device


def setup(index: int = 0, size: int = 16, vector: int = NO_VECTOR) -> QueueSetup:
    return QueueSetup(index, size, 0x1_0000_0000, 0x2000, 0x3000, vector)


def test_a_driver_brings_a_device_up() -> None:
    w = window()
    before = w.runs
    boot(w, VERSION_1, [setup(0), setup(1)], NO_VECTOR)
    assert (before, w.runs) == (False, True)
    assert w.queues[1].desc == 0x1_0000_0000
    assert w.queues[1].ready


@pytest.mark.parametrize(
    ("features", "queue", "config"),
    [
        (0, setup(), NO_VECTOR),  # a device that is not VERSION_1 refuses FEATURES_OK
        (VERSION_1, setup(size=512), NO_VECTOR),
        (VERSION_1, setup(vector=3), NO_VECTOR),
        (VERSION_1, setup(), 2),
    ],
)
def test_a_device_refuses(features: int, queue: QueueSetup, config: int) -> None:
    w = window(vectors=2)
    with pytest.raises(BootFailed):
        boot(w, features, [queue], config)
    assert not w.runs


def test_a_reset_leaves_nothing() -> None:
    w = window(register("status", "USED"), vectors=1)
    boot(w, VERSION_1, [setup(vector=0)], 0)
    w.registers.at("status", "").set(1)
    w.write(At.STATUS, 0)
    assert w.read(INTERRUPT_STATUS) == 0
    assert not w.runs
    assert not w.queues[0].ready
    assert (w.config_vector, w.queues[0].vector) == (NO_VECTOR, NO_VECTOR)


def test_the_device_does_not_run_without_agreement_on_features() -> None:
    w = window()
    w.write(At.STATUS, Status.DRIVER | Status.DRIVER_OK)
    assert not w.runs
    assert w.status & Status.NEEDS_RESET


@pytest.mark.parametrize(
    ("features", "size", "is_ready"),
    [(VERSION_1, 3, False), (VERSION_1, 4, True), (VERSION_1 | RING_PACKED, 3, True)],
)
def test_a_split_ring_has_a_power_of_two(features: int, size: int, is_ready: bool) -> None:
    w = window()
    w.offered |= RING_PACKED
    boot(w, features, [], NO_VECTOR)
    w.write(At.QUEUE_SIZE, size)
    w.write(At.QUEUE_READY, 1)
    assert w.read(At.QUEUE_READY) == is_ready


@pytest.mark.parametrize("negotiated", [RING_RESET, 0])
def test_a_queue_is_reset_where_that_was_negotiated(negotiated: int) -> None:
    w = window()
    w.offered |= RING_RESET
    boot(w, VERSION_1 | negotiated, [setup()], NO_VECTOR)
    w.write(At.QUEUE_RESET, 1)
    assert w.read(At.QUEUE_READY) == (not negotiated)


def test_only_the_device_asks_for_a_reset() -> None:
    w = window()
    w.write(At.STATUS, Status.ACKNOWLEDGE | Status.NEEDS_RESET)
    assert w.status == Status.ACKNOWLEDGE


def test_a_reset_clears_registers_of_many_bits() -> None:
    w = window(register("wide", " ".join(f"B{k}" for k in range(40))))
    wide = w.registers.at("wide", "")
    wide.set((1 << 40) - 1)
    w.write(At.STATUS, 0)
    assert wide.peek() == 0


# Lines


def test_an_edge_that_comes_while_the_handlers_run_runs_them_again() -> None:
    pin = EdgePin(lowers=False, keeps=True)
    pin.drive("pulse")
    pin.enter()
    assert not pin.fires()
    pin.drive("pulse")
    pin.drive("pulse")
    assert not pin.fires()
    pin.desc.end(handled=True)
    assert pin.fires()
    pin.enter()
    pin.desc.end(handled=True)
    assert not pin.fires()


def test_a_raise_of_a_pin_that_is_up_is_no_edge() -> None:
    pin = EdgePin(lowers=True, keeps=True)
    pin.drive("raise")
    pin.enter()
    pin.desc.end(handled=True)
    pin.drive("raise")
    assert not pin.fires()
    pin.drive("lower")
    pin.drive("raise")
    assert pin.fires()


@pytest.mark.parametrize("how", ["raise", "pulse"])
def test_a_pin_that_its_wire_holds_up_has_no_further_edge(how: str) -> None:
    pin = EdgePin(lowers=False, keeps=True)
    pin.follow(True)
    pin.enter()
    pin.desc.end(handled=True)
    pin.drive(how)
    assert not pin.fires()
    pin.follow(False)
    pin.drive(how)
    assert pin.fires()


def test_a_pin_that_is_raised_has_no_edge_from_its_wire_or_a_pulse() -> None:
    pin = EdgePin(lowers=True, keeps=True)
    pin.drive("raise")
    pin.enter()
    pin.desc.end(handled=True)
    pin.follow(True)
    pin.follow(False)
    pin.drive("pulse")
    assert not pin.fires()
    pin.drive("lower")
    pin.follow(True)
    assert pin.fires()


def test_each_way_to_drive_a_vector_is_a_message() -> None:
    table = MsixTable(1, keeps=True)
    table.program(0, 0, 0)
    v = Vector(table, 0, lowers=False)
    for how in ("wire", "raise", "pulse"):
        if how == "wire":
            v.follow(True)
        else:
            v.drive(how)
        assert v.fires()
        v.enter()
        v.desc.end(handled=True)


@pytest.mark.parametrize("keeps", [True, False])
def test_what_comes_while_a_vector_is_masked(keeps: bool) -> None:
    table = MsixTable(2, keeps=keeps)
    table.program(1, 0xFEE00000, 0x21)
    v = Vector(table, 1, lowers=False)
    v.mask(True)
    v.drive("pulse")
    assert not v.fires()
    assert table.noted(1) == keeps
    v.mask(False)
    assert v.fires() == keeps
    assert not table.noted(1)
    assert not table.noted(0)


def test_what_a_cpu_has_accepted_outlives_a_mask() -> None:
    table = MsixTable(1, keeps=False)
    table.program(0, 0xFEE00000, 0x20)
    v = Vector(table, 0, lowers=False)
    v.drive("pulse")
    v.mask(True)
    assert not v.fires()
    v.mask(False)
    assert v.fires()


def test_a_pulse_on_a_level_pin_is_gone_while_it_is_in_service() -> None:
    pin = LevelPin(resample=False, latches=False)
    pin.drive("pulse")
    pin.enter()
    pin.drive("pulse")
    pin.desc.end(handled=True)
    pin.eoi()
    assert not pin.fires()
    pin.drive("pulse")
    assert pin.fires()


def test_a_resampled_pin_is_looked_at_again_at_the_end_of_interrupt() -> None:
    pin = LevelPin(resample=True, latches=False)
    pin.follow(True)
    assert not pin.fires()  # Whoever writes to the irqfd raises it, not the condition.
    pin.drive("raise")
    pin.enter()
    pin.follow(False)
    pin.follow(True)
    pin.desc.end(handled=True)
    assert pin.asserted()
    pin.eoi()
    assert pin.fires()
    pin.enter()
    pin.follow(False)
    assert pin.asserted()  # KVM lowers it at the end of interrupt, not before.
    pin.desc.end(handled=True)
    pin.eoi()
    assert not pin.fires()


@pytest.mark.parametrize("latches", [False, True])
def test_a_level_that_is_gone_before_anybody_looks(latches: bool) -> None:
    pin = LevelPin(resample=False, latches=latches)
    pin.drive("raise")
    pin.drive("lower")
    assert pin.fires() == latches


def ran(desc: linux.IrqDesc, times: int, *, handled: bool) -> None:
    for _ in range(times):
        desc.deliver()
        desc.begin()
        desc.end(handled=handled)


@pytest.mark.parametrize(("handled", "killed"), [(100, False), (99, True), (0, True)])
def test_linux_gives_a_line_up_that_nobody_cares_for(handled: int, killed: bool) -> None:
    desc = linux.IrqDesc()
    ran(desc, 500, handled=True)  # While all is well, nothing is counted.
    ran(desc, 1, handled=False)
    ran(desc, handled, handled=True)
    ran(desc, linux.COUNTED - handled - 2, handled=False)
    assert not desc.killed
    ran(desc, 1, handled=False)
    assert desc.killed is killed
    assert desc.ran == 500 + linux.COUNTED
    desc.deliver()
    assert desc.runs() is not killed


# Rings


def rings(kind: str, size: int = 8, buffers: int = 3) -> SplitRing | PackedRing:
    if kind == "packed":
        return PackedRing(Memory(), size, buffers)
    return SplitRing(Memory(), size, buffers, by_index=kind == "event_idx")


KINDS = ("flags", "event_idx", "packed")


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(KINDS), st.lists(st.sampled_from("pPdDoeEw"), max_size=60))
def test_a_ring_gives_back_each_buffer_once(kind: str, ops: list[str]) -> None:
    ring, unseen, since = rings(kind), 0, 0
    for op in ops:
        if op in "pP":
            assert ring.room() == (unseen < 3)
            done = ring.publish(None)
            unseen, since = unseen + done, since + done
        elif op in "dD":
            assert ring.drain() == unseen
            unseen = 0
        elif op == "o":
            assert ring.drain_one() == (unseen > 0)
            unseen -= unseen > 0
        elif op == "w":
            ring.wants(last=False)
            since = 0
        else:
            (ring.enable if op == "e" else ring.disable)(None)
            if op == "e" and kind != "flags":
                assert ring.event() == unseen
            assert (ring.event() is None) == (op == "E")
        assert (ring.unseen(), ring.pending()) == (unseen, unseen > 0)
        if kind == "event_idx":
            assert ring.undecided() == since


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_is_seen_when_it_arrives(kind: str) -> None:
    ring = rings(kind)
    stores = Stores(ring.ram, 2)
    ring.publish(stores)
    assert not stores.full()
    ring.publish(stores)
    assert stores.full()
    assert (ring.unseen(), ring.visible(), ring.pending()) == (2, 0, False)
    assert ring.drain() == 0
    stores.arrive()
    assert (ring.drain(), ring.unseen()) == (1, 1)
    stores.arrive()
    assert (ring.drain(), stores.state()) == (1, ())


def test_a_packed_ring_notifies_of_each_entry_until_the_driver_says_otherwise() -> None:
    # RING_EVENT_FLAGS_ENABLE is what zeroed memory says (virtio 1.3, 2.8.10).
    ring = rings("packed")
    for last in (False, True, False):
        ring.publish(None)
        assert ring.wants(last=last)
    assert (ring.each(), ring.armed(), ring.event()) == (True, True, None)
    ring.disable(None)
    assert (ring.each(), ring.armed(), ring.wants(last=False)) == (False, False, False)


@pytest.mark.parametrize("kind", ["event_idx", "packed"])
def test_the_device_notifies_once_of_the_entry_that_is_asked_about(kind: str) -> None:
    ring = rings(kind)
    ring.enable(None)
    ring.publish(None)
    assert ring.wants(last=False)
    ring.publish(None)
    assert not ring.wants(last=False)
    ring.drain()
    ring.enable(None)
    ring.publish(None)
    ring.publish(None)
    assert not ring.wants(last=True)  # The newest is not the one that is asked about.
    ring.disable(None)
    ring.publish(None)
    assert not ring.wants(last=False)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0x8000))
def test_need_event_is_membership_in_an_interval(event: int, old: int, grown: int) -> None:
    inside = any((old + k) & 0xFFFF == event for k in range(grown)) if grown < 300 else (
        (event - old) & 0xFFFF < grown
    )  # fmt: skip
    assert need_event(event, old + grown & 0xFFFF, old) == inside


def test_an_index_that_jumps_is_an_error_of_the_ring() -> None:
    ring = SplitRing(Memory(), 8, 3, by_index=False)
    ring.ram[ring.used_idx_at] = 200
    with pytest.raises(RingFault):
        ring.drain()


def test_a_used_element_that_nobody_made_available_is_an_error_of_the_ring() -> None:
    ring = SplitRing(Memory(), 8, 3, by_index=False)
    ring.publish(None)
    ring.ram[ring.used + 4] = 99
    with pytest.raises(RingFault):
        ring.drain()


@pytest.mark.parametrize(("size", "buffers"), [(3, 1), (8, 9), (0, 0), (8, 0)])
def test_a_split_ring_of_a_size_that_is_none(size: int, buffers: int) -> None:
    with pytest.raises(ValueError, match="is not the size"):
        SplitRing(Memory(), size, buffers, by_index=False)
