"""What names mean: each use of a name with the place where that is declared."""

import re
from pathlib import Path

import pytest

from checker.language.load import Loaded, load

ROOT = Path(__file__).parents[2]
DESIGN = """\
use parts
param pairs in 1..4
let twice = 2 * pairs
platform p(twice)
device eth0[k in 0..1] : net(pairs) on wires(pairs) {
    lines pairs of irq from ioapic
    features fast
    mode quick
    hint group(rx[i]) = i + k
    service napi for rx
    affinity queue q -> cpu q.index % cpus
}
assume eth0.lines >= pairs
assert quickly: eth0.fast or eth0.attempt == map
check coverage
"""
PARTS = """\
platform p(n: 1..8) { cpus n  controller ioapic : edge { lines 0..23 } }
device_type net(pairs: 1..8) {
    id 1
    feature fast bit 3
    queue rx[i in 0..pairs-1] at i { callback if fast  role receive }
    queue tx[i in 0..pairs-1] at pairs + i
    pair rx[i] with tx[i]
}
service napi(q) { drain q  if pending q { schedule q } }
transport wires(n: 1..8) {
    pool irq : edge
    register status { USED, CONFIG }
    hint group in 0..7
    map in transport sees hint.group, features.fast {
        queue q -> line q.hint.group % n if q.role == receive and device.feature.fast
        queue q -> line count(c where c.family == rx)
    }
    map in device { queue q -> line q.index % device.arg.pairs }
    signal queue q in quick { set status.USED  raise line(q) }
    handler on line l {
        s = read status
        clear status s
        if s.USED { for q on l where q.index >= l { service q } }
    }
}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("design")
    (folder / "parts.vq").write_text(PARTS)
    (folder / "design.vq").write_text(DESIGN)
    found = load(folder / "design.vq")
    assert [d.headline for d in found.diagnostics if d.is_error] == []
    return found


def meant(loaded: Loaded, text: str, line: str, nth: int = 0) -> set[tuple[str, str]]:
    """What the nth such word on the line with these words means: first words of declarations."""
    (source,) = (s for s in loaded.sources if line in s.text)
    at = source.text.index(line)
    words = [m.start() for m in re.finditer(rf"\b{text}\b", line)]
    return {
        (r.declared.source.line(r.declared.line).strip(), r.declared.text.split("\n")[0])
        for r in loaded.references
        if r.use.source is source and r.use.start == at + words[nth]
    }


@pytest.mark.parametrize(
    ("word", "line", "nth", "declared_on"),
    [
        ("pairs", "let twice = 2 * pairs", 0, "param pairs"),
        ("twice", "platform p(twice)", 0, "let twice"),
        ("p", "platform p(twice)", 0, "platform p(n"),
        ("net", "device eth0[k in 0..1] : net(pairs)", 0, "device_type net"),
        ("wires", ": net(pairs) on wires(pairs)", 0, "transport wires"),
        ("irq", "lines pairs of irq from ioapic", 0, "pool irq"),
        ("ioapic", "lines pairs of irq from ioapic", 0, "platform p(n"),
        ("fast", "features fast", 0, "feature fast"),
        ("quick", "mode quick", 0, "signal queue q in quick"),
        ("group", "hint group(rx[i]) = i + k", 0, "hint group in"),
        ("rx", "hint group(rx[i]) = i + k", 0, "queue rx"),
        ("i", "hint group(rx[i]) = i + k", 1, "hint group(rx[i])"),
        ("k", "hint group(rx[i]) = i + k", 0, "device eth0[k"),
        ("napi", "service napi for rx", 0, "service napi(q)"),
        ("rx", "service napi for rx", 0, "queue rx"),
        ("q", "affinity queue q -> cpu q.index", 1, "affinity queue q"),
        ("eth0", "assume eth0.lines", 0, "device eth0"),
        ("fast", "assert quickly: eth0.fast", 0, "feature fast"),
        ("eth0", "assert quickly: eth0.fast", 0, "device eth0"),
        ("map", "eth0.attempt == map", 0, "map in transport"),
        ("tx", "pair rx[i] with tx[i]", 0, "queue tx"),
        ("i", "pair rx[i] with tx[i]", 1, "pair rx"),
        ("n", "cpus n  controller", 0, "platform p(n"),
        ("pairs", "queue rx[i in 0..pairs-1] at i", 0, "device_type net(pairs"),
        ("i", "queue rx[i in 0..pairs-1] at i", 1, "queue rx[i"),
        ("fast", "callback if fast", 0, "feature fast"),
        ("q", "service napi(q) { drain q", 1, "service napi(q)"),
        ("q", "if pending q", 0, "service napi(q)"),
        ("q", "schedule q", 0, "service napi(q)"),
        ("group", "sees hint.group", 0, "hint group in"),
        ("fast", "sees hint.group, features.fast", 0, "feature fast"),
        ("q", "queue q -> line q.hint.group", 1, "queue q -> line q.hint.group"),
        ("group", "queue q -> line q.hint.group", 0, "hint group in"),
        ("n", "q.hint.group % n", 0, "transport wires(n"),
        ("receive", "q.role == receive", 0, "queue rx"),
        ("fast", "device.feature.fast", 0, "feature fast"),
        ("c", "count(c where c.family == rx)", 1, "queue q -> line count(c"),
        ("rx", "count(c where c.family == rx)", 0, "queue rx"),
        ("pairs", "device.arg.pairs", 0, "device_type net(pairs"),
        ("status", "set status.USED", 0, "register status"),
        ("USED", "set status.USED", 0, "register status"),
        ("q", "raise line(q)", 0, "signal queue q"),
        ("status", "s = read status", 0, "register status"),
        ("s", "clear status s", 0, "s = read status"),
        ("s", "if s.USED", 0, "s = read status"),
        ("USED", "if s.USED", 0, "register status"),
        ("l", "for q on l where q.index >= l", 0, "handler on line l"),
        ("l", "for q on l where q.index >= l", 1, "handler on line l"),
        ("q", "where q.index", 0, "if s.USED { for q on l"),
        ("q", "{ service q }", 0, "if s.USED { for q on l"),
    ],
)
def test_a_name_means_what_is_declared(
    loaded: Loaded, word: str, line: str, nth: int, declared_on: str
) -> None:
    found = meant(loaded, word, line, nth)
    assert [where.startswith(declared_on) or where for where, _ in found] == [True]
    assert all(word in text for _, text in found)


def test_a_policy_means_what_each_of_its_transports_declares(tmp_path: Path) -> None:
    transport = "transport %s { hint h in 0..3  use policy p  map in device { programmed }  %s }\n"
    handler = "handler on line l { return none }"
    policy = "policy p { try a { lines 1  queue q -> line q.hint.h  config -> none } }\n"
    file = tmp_path / "a.vq"
    file.write_text(policy + transport % ("s", handler) + transport % ("t", handler))
    places = [r.declared.line for r in load(file).references if r.use.text == "h"]
    assert places == [2, 3]


def test_what_is_declared_has_the_name() -> None:
    seen = set()
    for name in ("devices/all_types_pci", "museum/isr_read_twice", "mmio_multi_irq/hinted"):
        for r in load(ROOT / "specs" / f"{name}.vq").references:
            seen.add(r.use.text)
            assert re.search(rf"\b{r.use.text}\b", r.declared.text), r
    assert len(seen) > 40
