"""Normative statements of virtio 1.3 that properties check or rest on, and how many there are.

The numbers of sections are those of virtio 1.3; they are the same in 1.2 and 1.4. A block is what
the specification marks as normative for one side. Statements are its MUST, MUST NOT, SHOULD and
SHOULD NOT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from model.record import dataclass

CHAPTERS = {
    "2.7": "split virtqueues",
    "2.8": "packed virtqueues",
    "4.1": "virtio over PCI",
    "4.2": "virtio over MMIO",
    "4.3": "virtio over channel I/O",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A normative block: its section, whom it binds, its title, how many statements it has."""

    section: str
    side: str
    statements: int
    title: str

    @property
    def chapter(self) -> str:
        """The first two numbers."""
        return ".".join(self.section.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Link:
    """What a property has to do with a block: it `checks` what is asked there, or `rests on` it."""

    property: str
    how: str
    section: str
    words: str


LINKS = (
    Link("layering", "rests on", "4.1.5.1.2.1", "any event can be mapped to any vector"),
    Link("coverage", "rests on", "4.1.5.1.2.1", "any event can be mapped to any vector"),
    Link("coverage", "checks", "4.1.5.1.2.2", "no event is mapped to a vector that is not there"),
    Link("coverage", "checks", "4.2.3.4.1", "each active queue is served by the line's handler"),
    Link("economy", "rests on", "4.1.5.3.1", "no interrupt for a queue without a vector"),
    Link("no_lost_notifications", "rests on", "2.7.7.1", "what the driver asks to be notified of"),
    Link("no_lost_notifications", "rests on", "2.7.7.2", "when the device has to notify"),
    Link("no_lost_notifications", "rests on", "4.1.4.5.1", "ISR bits, set before the interrupt"),
    Link("no_lost_notifications", "rests on", "4.1.5.3.1", "no interrupt without a vector"),
    Link("no_lost_notifications", "checks", "4.1.5.4.2", "one interrupt can mean both kinds"),
    Link("no_lost_notifications", "rests on", "4.2.2.1", "a status bit stays until acknowledged"),
    Link("no_lost_notifications", "checks", "4.2.2.2", "acknowledging loses nothing"),
    Link("no_lost_notifications", "checks", "4.2.3.4.1", "each active queue is looked at"),
    Link("no_lost_notifications", "rests on", "4.3.3.1.2.1", "when the summary is signalled"),
    Link("no_lost_notifications", "checks", "4.3.3.1.2.2", "the summary is cleared in time"),
)

_NAMED = re.compile(
    r"virtio 1\.3,?\s+(?:sections?\s+)?(\d+(?:\.\d+)+(?:(?:,\s*|\s+and\s+)\d+(?:\.\d+)+)*)"
)


@cache
def blocks() -> tuple[Block, ...]:
    """All normative blocks of the chapters, in the order of the text."""
    rows = (line.split(" ", 3) for line in _BLOCKS.strip().splitlines())
    return tuple(Block(section, side, int(n), title) for section, side, n, title in rows)


def named(texts: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    """The sections that comments name (`virtio 1.3, 4.2.2.1`), each with file and line."""
    for path, text in texts.items():
        for m in _NAMED.finditer(text):
            for section in re.findall(r"\d+(?:\.\d+)+", m[1]):
                yield section, path, text.count("\n", 0, m.start()) + 1


_BLOCKS = """
2.7.1 driver 1 Virtqueues
2.7.4.1 device 1 Message Framing
2.7.4.2 driver 2 Message Framing
2.7.5.1 device 3 The Virtqueue Descriptor Table
2.7.5.2 driver 2 The Virtqueue Descriptor Table
2.7.5.3.1 driver 5 Indirect Descriptors
2.7.5.3.2 device 2 Indirect Descriptors
2.7.6.1 driver 1 The Virtqueue Available Ring
2.7.7.1 driver 3 Used Buffer Notification Suppression
2.7.7.2 device 6 Used Buffer Notification Suppression
2.7.8.2 device 2 The Virtqueue Used Ring
2.7.8.3 driver 2 The Virtqueue Used Ring
2.7.10.1 driver 7 Available Buffer Notification Suppression
2.7.10.2 device 3 Available Buffer Notification Suppression
2.7.13.3.1 driver 1 Updating idx
2.7.13.4.1 driver 1 Notifying The Device
2.8.11 driver 1 Virtqueues
2.8.12 device 2 Virtqueues
2.8.15 device 4 The Virtqueue Descriptor Table
2.8.16 driver 3 The Virtqueue Descriptor Table
2.8.17 driver 6 Scatter-Gather Support
2.8.18 device 1 Scatter-Gather Support
2.8.19 driver 4 Indirect Descriptors
2.8.21.1.1 driver 1 Updating flags
2.8.21.3.1 driver 1 Sending Available Buffer Notifications
4.1.1 device 1 Virtio Over PCI Bus
4.1.2.1 device 5 PCI Device Discovery
4.1.2.2 driver 3 PCI Device Discovery
4.1.3.1 driver 1 PCI Device Layout
4.1.3.2 device 1 PCI Device Layout
4.1.4.1 driver 7 Virtio Structure PCI Capabilities
4.1.4.2 device 2 Virtio Structure PCI Capabilities
4.1.4.3.1 device 16 Common configuration structure layout
4.1.4.3.2 driver 8 Common configuration structure layout
4.1.4.4.1 device 11 Notification capability
4.1.4.5.1 device 5 ISR status capability
4.1.4.5.2 driver 1 ISR status capability
4.1.4.6.1 device 1 Device-specific configuration
4.1.4.7.1 device 2 Shared memory capability
4.1.4.8.1 device 3 Vendor data capability
4.1.4.8.2 driver 2 Vendor data capability
4.1.4.9.1 device 3 PCI configuration access capability
4.1.4.9.2 driver 3 PCI configuration access capability
4.1.5.1.2.1 device 9 MSI-X Vector Configuration
4.1.5.1.2.2 driver 3 MSI-X Vector Configuration
4.1.5.2.1 driver 6 Available Buffer Notifications
4.1.5.3.1 device 1 Used Buffer Notifications
4.1.5.4.1 device 1 Notification of Device Configuration Changes
4.1.5.4.2 driver 1 Notification of Device Configuration Changes
4.2.2.1 device 12 MMIO Device Register Layout
4.2.2.2 driver 19 MMIO Device Register Layout
4.2.3.1.1 driver 6 Device Initialization
4.2.3.4.1 driver 3 Notifications From The Device
4.3.1.3 device 4 Basic Concepts
4.3.1.4 driver 3 Basic Concepts
4.3.2.1.1 device 6 Setting the Virtio Revision
4.3.2.1.2 driver 3 Setting the Virtio Revision
4.3.2.2.1 device 1 Configuring a Virtqueue
4.3.2.3.1 driver 3 Communicating Status Information
4.3.2.3.2 device 3 Communicating Status Information
4.3.2.6.3.1 device 1 Setting Up Two-Stage Queue Indicators
4.3.3.1.2.1 device 1 Notification via Adapter I/O Interrupts
4.3.3.1.2.2 driver 1 Notification via Adapter I/O Interrupts
4.3.3.2.1 device 1 Guest to Host Notification
4.3.3.2.2 driver 1 Guest to Host Notification
4.3.3.3.1 device 2 Resetting Devices
4.3.3.3.2 driver 0 Resetting Devices
"""
