"""Guest memory, and store buffers between an agent and it.

Under `memory tso` and `relaxed` a store waits in the buffer of the agent that made it and arrives
in a step of its own, the oldest first. With `tso` an agent has one buffer for all rings, with
`relaxed` one for each. Where it is full, the next store has to wait.
"""

from __future__ import annotations

from collections import deque


class Memory:
    """Bytes that the driver and the device share."""

    def __init__(self) -> None:
        self.ram = bytearray()

    def allocate(self, size: int, align: int) -> int:
        """The address of so many zero bytes."""
        at = -(-len(self.ram) // align) * align
        self.ram.extend(bytes(at + size - len(self.ram)))
        return at


class Stores:
    """The stores of one agent that have not arrived in memory."""

    __slots__ = ("ram", "room", "waiting")

    def __init__(self, ram: bytearray, room: int) -> None:
        self.ram, self.room = ram, room
        self.waiting: deque[tuple[int, int, int]] = deque()
        """Address, size and word."""

    def put(self, address: int, size: int, word: int) -> None:
        """A store, as the agent makes it."""
        self.waiting.append((address, size, word))

    def full(self) -> bool:
        """Whether no further store can be made."""
        return len(self.waiting) >= self.room

    def arrive(self) -> None:
        """The oldest of them reaches memory."""
        address, size, word = self.waiting.popleft()
        self.ram[address : address + size] = word.to_bytes(size, "little")

    def state(self) -> tuple[tuple[int, int, int], ...]:
        """What waits."""
        return tuple(self.waiting)

    def restore(self, state: tuple[tuple[int, int, int], ...]) -> None:
        """Back to what waited."""
        self.waiting.clear()
        self.waiting.extend(state)
