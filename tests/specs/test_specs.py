"""The designs in specs/: each does what it expects, and says what the review said."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from checker.language.load import load
from checker.report.report import Line, Report
from checker.verdict.verdict import Holds, Proved, Unknown, Violated, outcome
from checker.verify import Options, verify
from model.meaning.layout import lay_out

SPECS = Path(__file__).resolve().parents[2] / "specs"
LIBRARY = SPECS / "lib"
EVERY = sorted(p for p in SPECS.rglob("*.vq") if LIBRARY not in p.parents)
DESIGNS = [p for p in EVERY if "\ncheck " in p.read_text(encoding="utf-8")]


def _name(path: Path) -> str:
    return str(path.relative_to(SPECS))


@cache
def _report(path: Path) -> Report:
    """What is said of a design; several tests look at it."""
    return verify(path, Options())


@pytest.mark.parametrize("path", DESIGNS, ids=_name)
def test_each_design_does_what_it_expects(path: Path) -> None:
    report = _report(path)
    assert not report.diagnostics
    assert report.lines
    wrong = [(x.name, outcome(x.verdict), x.expected) for x in report.lines if not x.as_expected]
    assert wrong == []
    assert not any(isinstance(x.verdict, Unknown) for x in report.lines)


def test_each_library_file_is_used_by_a_design() -> None:
    used: set[Path] = set()
    for path in EVERY:
        used |= {Path(s.path).resolve() for s in load(path).sources}
    assert sorted(p for p in LIBRARY.rglob("*.vq") if p.resolve() not in used) == []


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.vq")), ids=_name)
def test_each_library_file_stands_alone(path: Path) -> None:
    assert [d.headline for d in load(path).diagnostics] == []


def _line(report: Report, name: str) -> Line:
    return next(x for x in report.lines if x.name == name)


def _verify(tmp_path: Path, text: str, *names: str) -> Report:
    path = tmp_path / "design.vq"
    path.write_text(text, encoding="utf-8")
    return verify(path, Options(properties=names))


POSTED = SPECS / "mmio_multi_irq" / "posted.vq"
OF_THE_PATCH = """
use lib.linux.mmio_multi_irq_posted
use lib.virtio.net
platform host {{ controller ioapic : edge {{ lines 0..23 }} }}
device eth0 : net(4) on mmio_multi_irq_posted {{ {} }}
check coverage
"""


def test_the_posted_patch_tells_a_net_device_from_another_that_looks_the_same() -> None:
    verdict = _line(_report(POSTED), "layering").verdict
    assert isinstance(verdict, Violated)
    (found,) = verdict.findings
    assert "of a net device" in found.statement
    assert ("device.id", "1 (net)", "2 (blk)", "not seen") in found.table


def test_the_posted_patch_divides_by_zero_and_names_numbers_that_were_not_granted() -> None:
    verdict = _line(_report(POSTED), "coverage").verdict
    assert isinstance(verdict, Violated)
    said = {f.aspect: f.statement for f in reversed(verdict.findings)}
    assert said["defined"] == "division by zero in the map of eth0.rx[0]: 0 % 0"
    assert said["granted"].startswith("eth0.rx[1] is mapped to number")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("lines 4  numbers 5, 6, 8, 9", "violated"),
        ("lines 4  numbers 5, 6, 7, 8", "holds"),
        ("lines 1..4  numbers contiguous", "holds"),
        ("lines 0..4  numbers contiguous", "violated"),
        ("lines 1..4", "violated"),
    ],
)
def test_coverage_of_the_posted_patch_hangs_on_the_numbers(
    tmp_path: Path, lines: str, expected: str
) -> None:
    report = _verify(tmp_path, OF_THE_PATCH.format(lines))
    assert outcome(_line(report, "coverage").verdict) == expected


REPAIRED = ("status_per_line", "group_lines", "ack_then_all", "hinted")


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repaired_design_is_proved_for_any_number(name: str) -> None:
    report = _report(SPECS / "mmio_multi_irq" / f"{name}.vq")
    verdict = _line(report, "no_lost_notifications").verdict
    assert isinstance(verdict, Holds)
    assert isinstance(verdict.how, Proved)
    assert verdict.how.scope == "any number of queues, lines and CPUs"
    assert {i.peers for i in verdict.how.invariants} <= {"forgotten", "told apart", "counted"}
    assert len(verdict.how.invariants) >= 3


def test_the_clean_up_loses_in_13_steps_and_config_indicators_in_12() -> None:
    for path, steps in (("mmio_multi_irq/cleaned_up.vq", 13), ("ccw/classic.vq", 12)):
        verdict = _line(_report(SPECS / path), "no_lost_notifications").verdict
        assert isinstance(verdict, Violated)
        trace = verdict.findings[0].trace
        assert trace is not None
        assert len(trace.steps) == steps


def test_the_hinted_design_is_proved_for_every_number_of_pairs() -> None:
    report = _report(SPECS / "mmio_multi_irq" / "hinted.vq")
    assert len(report.lines) == 6
    for line in report.lines:
        assert isinstance(line.verdict, Holds), line.name
        assert isinstance(line.verdict.how, Proved), line.name
    param = load(SPECS / "mmio_multi_irq" / "hinted.vq").design
    assert param is not None
    assert "1..32768" in param.params[0].origin.text


@pytest.mark.parametrize(
    ("design", "words", "frontier"),
    [
        ("one_per_queue", "needs 49 lines", "it fits up to pairs = 23"),
        ("microvm", "24 that are not reserved", "it fits up to pairs = 24"),
    ],
)
def test_the_arithmetic_of_the_review_falls_out(design: str, words: str, frontier: str) -> None:
    report = _report(SPECS / "budget" / f"{design}.vq")
    verdict = _line(report, "irq_limits").verdict
    assert isinstance(verdict, Violated)
    (found,) = verdict.findings
    assert words in found.statement
    assert found.frontier == frontier


@pytest.mark.parametrize("pairs", [1, 2, 7, 32])
@pytest.mark.parametrize("admin", [False, True])
def test_virtio_pci_takes_the_rung_that_linux_takes(pairs: int, admin: bool) -> None:
    design = load(SPECS / "pci" / "ladder.vq").design
    assert design is not None
    for table in (0, 1, 2, 2 * pairs, 2 * pairs + 1, 2 * pairs + 2):
        given = {"param.pairs": pairs, "param.table": table, "feature.admin_vq": admin}
        given |= {"grant.msix": table, "grant.intx": 1}
        laid_out = lay_out(design, design.devices[0], given)
        assert laid_out.attempt is not None
        # Linux vp_find_vqs(): 1 + C + A, 1 + C, 2, then the pin.
        wanted = [("each", 1 + 2 * pairs + admin), ("shared_slow", 1 + 2 * pairs), ("shared", 2)]
        rung = next((n for n, takes in wanted if takes <= table), "intx")
        assert laid_out.attempt.name == rung
        assert all(r.served for r in laid_out.rows if r.callback)


@pytest.mark.parametrize(("cpu", "expected"), [("nth", "holds"), ("index", "violated")])
def test_a_vector_for_each_queue_keeps_pairs_together_by_affinity(
    tmp_path: Path, cpu: str, expected: str
) -> None:
    text = (SPECS / "pci" / "affinity.vq").read_text(encoding="utf-8")
    assert "cpu q.nth % ncpus" in text
    report = _verify(tmp_path, text.replace("q.nth", f"q.{cpu}"), "pair_affinity")
    assert outcome(_line(report, "pair_affinity").verdict) == expected


def test_the_device_of_the_posted_patch_promises_the_numbers_that_its_driver_computes_with(
    tmp_path: Path,
) -> None:
    text = (SPECS / "mmio_multi_irq" / "posted_qemu.vq").read_text(encoding="utf-8")
    assert "lines 1..pairs" in text
    report = _verify(tmp_path, text.replace("1..pairs", "1..pairs numbers any"), "coverage")
    assert outcome(_line(report, "coverage").verdict) == "violated"
