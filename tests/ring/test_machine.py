"""A queue as a state machine: stories of single calls, with what a user of a ring counts on."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from model.ring.layout import Err, Feature, RingError, laid_out
from model.ring.ring import Device, Driver

GPA = 0x8000
DATA = GPA + 0x4000


class Queue(RuleBasedStateMachine):
    """Buffers go to the device and come back: each once, whole, and never before its time."""

    @initialize(size=st.sampled_from([1, 2, 3, 4, 7, 8]), features=st.integers(0, 15))
    def start(self, size: int, features: int) -> None:
        self.features = Feature(features)
        if Feature.PACKED not in self.features:
            size = {3: 4, 7: 8}.get(size, size)
        self.memory = bytearray(0x8000)
        layout = laid_out(GPA, size, self.features)
        self.size = size
        self.driver, self.device = (
            Driver(self.memory, GPA, layout),
            Device(self.memory, GPA, layout),
        )
        self.token = 0
        self.added: list[tuple[int, int, int]] = []  # token, readable, writable: not yet published
        self.available: list[tuple[int, int, int]] = []
        self.taken: dict[int, tuple[int, int]] = {}  # handle -> token, writable bytes
        self.pushed: dict[int, int] = {}  # token -> length, not yet visible
        self.used: dict[int, int] = {}

    @rule(readable=st.integers(0, 3), writable=st.integers(0, 3), indirect=st.booleans())
    def add(self, readable: int, writable: int, indirect: bool) -> None:
        pieces = [(DATA + 16 * i, 1 + i) for i in range(readable + writable)]
        first, second = pieces[:readable], pieces[readable:]
        self.token += 1
        try:
            if indirect:
                table = DATA + 0x400 + 128 * (self.token % 64)
                self.driver.add_indirect(table, first, second, self.token)
            else:
                self.driver.add(first, second, self.token)
        except RingError as e:
            if e.err not in {Err.FULL, Err.EMPTY, Err.LOOP, Err.FEATURE}:
                raise
        else:
            self.added.append((self.token, readable, writable))

    @rule(ask=st.booleans())
    def publish(self, ask: bool) -> None:
        if ask:
            self.driver.notify()
        else:
            self.driver.publish()
        self.available += self.added
        self.added = []

    @rule()
    def pop(self) -> None:
        chain = self.device.pop()
        if chain is None:
            assert self.available == []
            return
        token, readable, writable = self.available.pop(0)
        assert (len(chain.readable), len(chain.writable)) == (readable, writable)
        self.taken[chain.handle] = (token, chain.writable_bytes)

    @precondition(lambda self: self.taken)
    @rule(which=st.integers(0, 7), length=st.integers(0, 8))
    def push(self, which: int, length: int) -> None:
        handles = list(self.taken)
        i = which % len(handles)
        length = min(length, self.taken[handles[i]][1])
        self.device.push(handles[i], length)
        for each in handles[:i] if Feature.IN_ORDER in self.features else []:
            token, whole = self.taken.pop(each)
            self.pushed[token] = whole
        token, _ = self.taken.pop(handles[i])
        self.pushed[token] = length

    @rule(ask=st.booleans())
    def show(self, ask: bool) -> None:
        if ask:
            self.device.notify()
        else:
            self.device.publish()
        self.used |= self.pushed
        self.pushed = {}

    @rule()
    def get_used(self) -> None:
        used = self.driver.get_used()
        if used is None:
            assert self.used == {}
        else:
            assert self.used.pop(used.token) == used.length

    @rule(more=st.integers(0, 9))
    def enable_used(self, more: int) -> None:
        assert self.driver.enable_used_after(more) == bool(self.used)

    @rule()
    def enable_avail(self) -> None:
        assert self.device.enable_avail() == bool(self.available)

    @rule()
    def enabled_sides_are_told(self) -> None:
        """What is enabled and then published is announced: no notification is lost."""
        asleep = not self.device.enable_avail()
        fresh = bool(self.added)
        announced = self.driver.notify()
        self.available += self.added
        self.added = []
        assert announced or not (asleep and fresh)

    @rule()
    def disable(self) -> None:
        self.driver.disable_used()
        self.device.disable_avail()

    @rule()
    def reset(self) -> None:
        back = set()
        while (used := self.driver.detach()) is not None:
            back.add(used.token)
        tokens = {t for t, _, _ in self.added + self.available} | {
            t for t, _ in self.taken.values()
        }
        assert back == tokens | set(self.pushed) | set(self.used)
        self.driver.reset()
        self.device.reset()
        self.added, self.available, self.taken, self.pushed, self.used = [], [], {}, {}, {}

    @invariant()
    def no_more_buffers_than_entries(self) -> None:
        lists = (self.added, self.available, self.taken, self.pushed, self.used)
        assert sum(map(len, lists)) <= self.size


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
