"""What is said of every name and word of some designs."""

from pathlib import Path

import pytest

from checker.language.parse import tokens
from checker.lsp.analysis import Analysis
from checker.lsp.definition import definition
from checker.lsp.hover import hover

SPECS = Path(__file__).parents[2] / "specs"
VALUES = """\
holds violated vacuous unknown edge level message any contiguous all attempt sc tso relaxed
none flags event_idx packed_event index nth role family callback slow base rank count callbacks min
max true false lines queues cpus device id hint feature arg assertions layering coverage irq_limits
pair_affinity economy no_lost_notifications""".split()
"""Names that nobody declares: their meaning is the language's."""


@pytest.mark.parametrize(
    "name",
    [
        "pci/ladder",
        "handshake/event_idx_batch",
        "museum/mask_and_look_again",
        "lib/virtio/net",
        "lib/linux/virtio_pci",
        "lib/linux/mmio_multi_irq_posted",
    ],
)
def test_every_name_is_told_and_is_declared_somewhere(name: str) -> None:
    path = SPECS / f"{name}.vq"
    analysis = Analysis(path.as_uri(), {}, {}, "utf-16")
    assert analysis.file is not None
    source = analysis.file.source
    silent, undeclared = [], []
    for token in (x for x in tokens(source) if x.isidentifier()):
        at = analysis.lines(source).position(token.start_pos)
        if hover(analysis, at) is None:
            silent.append((str(token), source.line(at.line + 1)))
        if token.type == "NAME" and str(token) not in VALUES and not definition(analysis, at):
            undeclared.append((str(token), source.line(at.line + 1)))
    assert silent == undeclared == []
