"""Programs of ring operations, as in `vq_run.h`, run on any driver and device: one call a step.

On `reference.py` this is the oracle of `vq_run()`: the same events, the same guest memory. On the
binding it checks that single calls do what one call for the whole program does.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import field
from enum import IntEnum
from typing import Protocol

from model.record import dataclass
from model.ring.layout import (
    Chain,
    Err,
    Feature,
    Layout,
    Piece,
    RingError,
    Used,
    area_bytes,
)

MEMORY_BYTES = 10240
GPA = 0x10000
TABLES, DATA = 2048, 6144
EVENT = struct.Struct("<BxhIII")
HEADER = struct.Struct("<IIi")


class Op(IntEnum):
    """The operations; the numbers are those of `enum vq_op`."""

    NOP = 0
    ADD = 1
    ADD_INDIRECT = 2
    PUBLISH = 3
    NOTIFY = 4
    GET_USED = 5
    ENABLE_USED = 6
    ENABLE_AFTER = 7
    DISABLE_USED = 8
    POP = 9
    PUSH = 10
    PUSH_RAW = 11
    SHOW = 12
    CALL = 13
    ENABLE_AVAIL = 14
    DISABLE_AVAIL = 15
    CYCLE = 16
    POKE = 17
    RESET = 18


class AnyDriver(Protocol):
    """What the reference and the binding have in common, the driver's side."""

    def add(self, readable: list[Piece], writable: list[Piece], token: int) -> int: ...
    def add_indirect(
        self, table: int, readable: list[Piece], writable: list[Piece], token: int
    ) -> int: ...
    def publish(self) -> None: ...
    def notify(self) -> bool: ...
    def get_used(self) -> Used | None: ...
    def disable_used(self) -> None: ...
    def enable_used_after(self, more: int) -> bool: ...
    def detach(self) -> Used | None: ...
    def reset(self) -> None: ...


class AnyDevice(Protocol):
    """What the reference and the binding have in common, the device's side."""

    def pop(self) -> Chain | None: ...
    def push(self, handle: int, length: int) -> None: ...
    def publish(self) -> None: ...
    def notify(self) -> bool: ...
    def disable_avail(self) -> None: ...
    def enable_avail(self) -> bool: ...
    def reset(self) -> None: ...


Make = Callable[[bytearray, int, Layout], tuple[AnyDriver, AnyDevice]]
"""Both sides of a queue in this memory, which the guest sees at that address."""


@dataclass(frozen=True, slots=True)
class Event:
    """What an operation answered; the meaning of a, b and c is in `vq_run.h`."""

    op: Op
    result: int
    a: int = 0
    b: int = 0
    c: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """All events of a program; the first failure (a full queue is none), and where it stands."""

    events: tuple[Event, ...]
    error: Err | None
    error_at: int


def decode(answer: bytes) -> Ran:
    """What `run()` of the binding returned."""
    count, at, error = HEADER.unpack_from(answer)
    fields = [EVENT.unpack_from(answer, HEADER.size + EVENT.size * i) for i in range(count)]
    events = tuple(Event(Op(op), result, a, b, c) for op, result, a, b, c in fields)
    return Ran(events, Err(error) if error else None, at)


def digest(total: int, x: int) -> int:
    """One number more into a sum."""
    return (total * 31 + x) % (1 << 32)


def layout_of(program: bytes) -> Layout:
    """The queue that the first three bytes of a program ask for."""
    first, low, high = program[:3].ljust(3, b"\0")
    features, n = Feature(first & 15), low | high << 8
    size = 1 + n % 64 if Feature.PACKED in features else 1 << n % 7
    desc_bytes, driver_bytes, _ = area_bytes(size, features)
    driver = GPA + desc_bytes
    return Layout(GPA, driver, (driver + driver_bytes + 3) // 4 * 4, size, features)


@dataclass(slots=True)
class Run:
    """A program on its way."""

    program: bytes
    memory: bytearray
    make: Make
    at: int = 3
    serial: int = 0
    busy: set[int] = field(default_factory=set)
    held: list[tuple[int, int]] = field(default_factory=list)
    layout: Layout = field(init=False)
    driver: AnyDriver = field(init=False)
    device: AnyDevice = field(init=False)

    def __post_init__(self) -> None:
        self.layout = layout_of(self.program)
        self.driver, self.device = self.make(self.memory, GPA, self.layout)

    def byte(self) -> int:
        """The next operand."""
        self.at += 1
        return self.program[self.at - 1] if self.at <= len(self.program) else 0

    def word(self) -> int:
        """The next two bytes."""
        return self.byte() | self.byte() << 8

    def run(self) -> Ran:
        """All of it."""
        events: list[Event] = []
        error, error_at = None, 0
        while self.at < len(self.program):
            start = self.at
            op = Op(self.byte() % len(Op))
            if op is Op.NOP:
                continue
            event = self.step(op)
            events.append(event)
            if event.result < 0 and event.result != Err.FULL and error is None:
                error, error_at = Err(event.result), start
        return Ran(tuple(events), error, error_at)

    def step(self, op: Op) -> Event:
        """One operation."""
        try:
            return self._step(op)
        except RingError as e:
            return Event(op, e.err)

    def _step(self, op: Op) -> Event:
        match op:
            case Op.ADD | Op.ADD_INDIRECT:
                shape = self.byte()
                return Event(op, self.add(op is Op.ADD_INDIRECT, shape, self.byte()))
            case Op.GET_USED:
                return self.get_used()
            case Op.POP:
                return self.pop()
            case Op.PUSH:
                which = self.byte()
                self.push(which, self.byte())
            case Op.PUSH_RAW:
                handle = self.word()
                self.give_back(handle, self.byte())
            case Op.CYCLE:
                return Event(op, sum(self.cycle(i) for i in range(self.byte() % 16)))
            case Op.POKE:
                where, offset = self.byte(), self.word()
                self.poke(where, offset, self.word())
            case Op.RESET:
                return self.reset()
            case _:
                return Event(op, int(bool(self.plain(op))))
        return Event(op, 0)

    def plain(self, op: Op) -> object:
        """The operations that answer yes or no, or nothing."""
        calls: dict[Op, Callable[[], object]] = {
            Op.PUBLISH: self.driver.publish,
            Op.NOTIFY: self.driver.notify,
            Op.ENABLE_USED: lambda: self.driver.enable_used_after(0),
            Op.ENABLE_AFTER: lambda: self.driver.enable_used_after(self.byte()),
            Op.DISABLE_USED: self.driver.disable_used,
            Op.SHOW: self.device.publish,
            Op.CALL: self.device.notify,
            Op.ENABLE_AVAIL: self.device.enable_avail,
            Op.DISABLE_AVAIL: self.device.disable_avail,
        }
        return calls[op]()

    def add(self, indirect: bool, shape: int, lengths: int) -> int:
        """A buffer by two bytes: how many pieces of each kind, mistakes to make, lengths."""
        buffer = next((i for i in range(63) if i not in self.busy), 63)
        readable = shape & 7
        start = GPA + DATA + 64 * buffer
        pieces = [
            (start + 4 * i, 1 + (lengths + 5 * i & 15)) for i in range(readable + (shape >> 3 & 7))
        ]
        if pieces and shape >> 6 == 2:
            pieces[-1] = (pieces[-1][0], 0)
        if pieces and shape >> 6 == 3:
            pieces[0] = ((1 << 64) - 1 if lengths & 1 else GPA - 1, pieces[0][1])
        token = self.serial << 8 | buffer
        if indirect:
            table = GPA + TABLES + 64 * buffer
            id_ = self.driver.add_indirect(table, pieces[:readable], pieces[readable:], token)
        else:
            id_ = self.driver.add(pieces[:readable], pieces[readable:], token)
        self.busy.add(buffer)
        self.serial = (self.serial + 1) & 0xFFFFFF
        return id_

    def get_used(self) -> Event:
        """A buffer comes back, and its place is free again."""
        used = self.driver.get_used()
        if used is None:
            return Event(Op.GET_USED, 0)
        self.busy.discard(used.token & 63)
        return Event(Op.GET_USED, 1, used.token % (1 << 32), used.length, used.id)

    def pop(self) -> Event:
        """The device takes a buffer."""
        chain = self.device.pop()
        if chain is None:
            return Event(Op.POP, 0)
        self.held.append((chain.handle, chain.writable_bytes))
        total = digest(len(chain.readable), len(chain.writable))
        for addr, length in (*chain.readable, *chain.writable):
            total = digest(digest(total, addr % (1 << 32)), length)
        return Event(Op.POP, 1, chain.handle | chain.id << 16, total, chain.writable_bytes)

    def push(self, which: int, length: int) -> None:
        """The device gives one of those back that it holds."""
        if not self.held:
            return self.give_back(which, length)
        handle, writable = self.held[which % len(self.held)]
        return self.give_back(handle, writable + 1 if length == 255 else min(length, writable))

    def give_back(self, handle: int, length: int) -> None:
        """Push a handle; with IN_ORDER all before it go too."""
        self.device.push(handle, length)
        i = [h for h, _ in self.held].index(handle)
        del self.held[0 if Feature.IN_ORDER in self.layout.features else i : i + 1]

    def cycle(self, i: int) -> bool:
        """One buffer there and back; whether one came back."""
        for quiet in (
            lambda: self.add(False, 9, i),
            self.driver.notify,
        ):
            self.attempt(quiet)
        if self.attempt(self.pop):
            self.attempt(lambda: self.push(0, 2))
        self.device.notify()
        return bool(self.attempt(self.get_used))

    @staticmethod
    def attempt(call: Callable[[], object]) -> bool:
        """Whether a call answered with a buffer; errors do not matter within a cycle."""
        try:
            answer = call()
        except RingError:
            return False
        return isinstance(answer, Event) and answer.result == 1

    def poke(self, where: int, offset: int, value: int) -> None:
        """Hostile: two bytes of an area, behind everybody's back."""
        sizes = area_bytes(self.layout.size, self.layout.features)
        starts = (self.layout.desc, self.layout.driver, self.layout.device)
        start, most = TABLES, DATA - TABLES
        if where % 4 < 3:
            start, most = starts[where % 4] - GPA, sizes[where % 4]
        at = start + offset % (most // 2) * 2
        self.memory[at : at + 2] = value.to_bytes(2, "little")

    def reset(self) -> Event:
        """A queue reset: the driver takes back what is outstanding."""
        count = total = 0
        while (used := self.driver.detach()) is not None:
            total = digest(total, used.token % (1 << 32))
            count += 1
        self.driver.reset()
        self.device.reset()
        self.busy.clear()
        self.held.clear()
        return Event(Op.RESET, count, total)
