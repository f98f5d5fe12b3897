"""Names that people bring from C, the kernel and other tools, and what they are called here.

A row says which known name shows that it is meant (so that `type` is a role where queues have
facts, and an identifier where devices have), and the hint, if it is not that name itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from checker.language import tree as t


def _each(words: str, *rows: tuple[str, str]) -> dict[str, tuple[tuple[str, str], ...]]:
    return dict.fromkeys(words.split(), rows)


_WANTS = "whether the driver wants to be told is `wants q`"
_RANK = "how many queues with a callback come before it is `rank(q)`"
_ROWS = (
    _each("polled", ("callback", "of a polled queue `q.callback` is false")),
    _each("name", ("family", "")),
    _each("type kind", ("role", ""), ("id", "")),
    _each("used_event avail_event event_idx flags", ("family", _WANTS)),
    _each("rank", ("family", _RANK), ("queues", _RANK)),
    _each(
        "nvectors nvecs nr_vectors num_vectors vectors irqs nirqs nr_irqs num_irqs num_lines",
        ("lines", ""),
    )
    | _each("nvqs num_vqs nr_vqs nqueues nqs num_queues", ("queues", ""))
    | _each("ncpus nr_cpus num_cpus nr_cpu_ids smp", ("cpus", ""))
    | _each("irq_base gsi_base first_irq", ("base", ""))
    | _each("feature features", ("queues", "a feature is `device.feature.NAME`"))
    | _each("device", ("queues", "what a map may ask of it is `device.id`, `device.feature.NAME`"))
    | _each(
        "i idx index vq_index queue_index",
        ("queues", "the index of a queue q is `q.index`, that in its family `q.nth`"),
    ),
    _each("fail fails failed false broken breaks wrong", ("violated", "")),
    _each("pass passes passed true ok hold proved proven", ("holds", "")),
    _each("msi msix msi_x", ("message", "")),
    _each("rising falling edge_triggered", ("edge", "")),
    _each("high low level_triggered intx", ("level", "")),
    _each("x86 x86_64 amd64 strong", ("tso", "")),
    _each("arm arm64 aarch64 riscv power weak", ("relaxed", "")),
    _each("seq_cst strict none", ("sc", "")),
    _each("off no", ("none", "")),
    _each("more_used has_used", ("count", "whether there are unseen entries is `pending q`")),
    _each("need_event vring_need_event should_notify", ("count", _WANTS)),
    _each("test_bit bit", ("count", "a bit of a local is `s.BIT`")),
    _each("sum", ("count", "queues are counted by `count(q where C)`")),
)
_TABLE = {name: rows for part in _ROWS for name, rows in part.items()}


def synonym(name: str, known: Collection[str]) -> str:
    """A hint for a name that is called otherwise here; empty if it is not among these."""
    for there, hint in _TABLE.get(name.lower(), ()):
        if there in known:
            return hint or f"did you mean `{there}`?"
    return ""


def any_bit(name: str, bits: Sequence[str]) -> str:
    """What to write for the bits of a register, where a condition is meant."""
    first, *others = (f"{name}.{b}" for b in bits)
    any_of = f", or ask for any: `{' or '.join([first, *others])}`" if 0 < len(others) < 4 else ""
    return f"read one of them, such as `{first}`{any_of}"


def bit_of(bit: str, registers: Mapping[str, t.Register]) -> str:
    """How the bit of that name is read; empty if no register, or what was read of one, has it."""
    for name, register in registers.items():
        if bit in [b.text for b in register.bits]:
            return f"did you mean `{name}.{bit}`?"
    return ""
