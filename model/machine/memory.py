"""Guest memory, and store buffers between an agent and it.

Under `memory tso` and `relaxed` a store waits in the buffer of the agent that made it and arrives
in a step of its own. A buffer has one entry a location: a second store to it replaces the first.
The buffer of a machine with `tso` has room for the stores to one ring; the next has to wait.
"""

from __future__ import annotations


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
    """The stores of one agent to one ring that have not arrived in memory."""

    __slots__ = ("ram", "waiting")

    def __init__(self, ram: bytearray) -> None:
        self.ram = ram
        self.waiting: dict[int, tuple[int, int]] = {}

    def put(self, address: int, size: int, word: int) -> None:
        """A store, as the agent makes it."""
        self.waiting[address] = (size, word)

    def arrive(self) -> None:
        """All of them reach memory, in the order in which they were made."""
        for address, (size, word) in self.waiting.items():
            self.ram[address : address + size] = word.to_bytes(size, "little")
        self.waiting.clear()

    def state(self) -> tuple[tuple[int, tuple[int, int]], ...]:
        """What waits."""
        return tuple(self.waiting.items())

    def restore(self, state: tuple[tuple[int, tuple[int, int]], ...]) -> None:
        """Back to what waited."""
        self.waiting.clear()
        self.waiting.update(state)
