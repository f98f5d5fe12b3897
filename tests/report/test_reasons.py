"""Of a run that leaves something: the steps that kept it from being seen to, each with why."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.language.load import load
from checker.options import Options
from checker.properties.property import properties
from checker.report.page import Page, page
from checker.report.text import details
from checker.verdict.finding import Place
from checker.verdict.passed_over import left_since
from checker.verdict.reasons import reasons
from checker.verdict.trace import Trace
from checker.verdict.verdict import Violated
from checker.verify import verify
from tests.report.runs import run_of
from tests.report.test_repairs import BROKEN, broken

SPECS = Path(__file__).resolve().parents[2] / "specs"
EDGE = [(": level", ": edge")]
SAID = {
    "late acknowledge": (
        BROKEN["late acknowledge"][0],
        "(d.vq:27), clears `isr[line 0].USED`, which device cmd[0] found set in step 7",
    ),
    "acknowledged unread": (
        BROKEN["acknowledged unread"][0],
        "clears `isr[line 0].USED`, which device cmd[0] set in step 2; nobody has read it",
    ),
    "mask": (
        BROKEN["mask"][0],
        "`mask line 0` (d.vq:23), masks line 0, and nobody unmasks it after",
    ),
    "no drive": (
        BROKEN["no drive"][0],
        "(d.vq:19), is the last that the device does for it, and it raises no line",
    ),
    "edge": (EDGE, "makes no edge: what line 0 follows was true already"),
}
SHIPPED = {
    "handlers/acknowledge_last_pulse.vq": "which device req[0] found set in step ",
    "handshake/flags_no_recheck.vq": "finds no, as notifications are disabled since step 13:",
    "handshake/event_idx_no_driver_barrier.vq": "finds no: what is used in step 6 is visible from",
    "handshake/event_idx_batch_equality.vq": "as used_event names an entry before the newest",
    "museum/napi_no_second_look.vq": "finds no, as notifications are disabled since step 7: nobody",
    "museum/napi_look_too_early.vq": "changes nothing: its service is scheduled already",
    "museum/wire_of_one_bit.vq": "and what line 0 follows is not true then",
    "museum/isr_read_twice.vq": "clears `isr.USED`, which device req[0] set in step 7; handler",
    "museum/summary_scanned_once.vq": "set in step 13; nobody has read it",
    "handlers/serve_own_level.vq": "handler line 1 read it in step 4, and does not serve req[0]",
    "mmio_multi_irq/cleaned_up.vq": "handler line 0 read it in step 8, and does not serve rx[1]",
    "handlers/no_status_pulse.vq": "while its handler runs, a level line takes no pulse",
}


def _of(path: Path) -> tuple[str, ...]:
    (line,) = verify(path, Options(properties=("no_lost_notifications",))).lines
    assert isinstance(line.verdict, Violated)
    return line.verdict.findings[0].reasons


@pytest.mark.parametrize("name", SAID)
def test_a_step_is_named_with_what_it_does(name: str, tmp_path: Path) -> None:
    changes, wanted = SAID[name]
    said = reasons(*broken(tmp_path, changes))
    assert any(wanted in words for words in said), said


@pytest.mark.parametrize("name", SHIPPED)
def test_in_designs_that_are_shipped(name: str) -> None:
    said = _of(SPECS / name)
    assert any(SHIPPED[name] in words for words in said), said


def test_a_level_that_is_taken_down_before_anybody_comes_is_said() -> None:
    words = "takes line 0 down, high since step 2, before its handler is entered"
    assert any(words in s for s in _of(SPECS / "handlers/serve_own_level.vq"))
    # It is entered first, or its line does not follow the condition.
    for name in ("handlers/acknowledge_last_level.vq", "handlers/serve_own_edge.vq"):
        assert not any("before its handler is entered" in s for s in _of(SPECS / name))


RESAMPLED = """
device_type disk(n: 2..2) { id 2  queue req[i in 0..n-1] at i }
platform board { cpus 2  controller pins : level { lines 0..7 } }
transport told {
    register st { A } per line
    map in driver { queue q -> line q.index % lines }
    map in device { programmed }
    signal queue q { set st[line(q)].A  raise line(q) }
    drive line l while st.A resample
    handler on line l { mask l  for q on l { schedule q } }
    service work(q) deferred { clear st[line(q)].A  drain q  complete q  unmask line(q) }
}
device disk0 : disk(2) on told { lines 1  service work }
check no_lost_notifications
"""


def test_a_line_that_is_masked_and_high_was_not_raised_since_it_is_high(tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text(RESAMPLED)
    said = _of(path)
    raised = [w for w in said if "`raise " in w]
    assert raised
    assert all("the line is high already" in w for w in raised)
    # What it follows is looked at again at the end of the interrupt only.
    assert not any("before its handler is entered" in w for w in said)


def test_it_is_about_the_entries_that_are_left(tmp_path: Path) -> None:
    """One of two is taken: the one that was used later is left."""
    _, trace = broken(tmp_path, BROKEN["one"][0])
    published = [s.number for s in trace.steps if s.verb == "publish cmd[0]"]
    assert len(published) == 2
    assert left_since(trace, "cmd[0]") == published[1]


def test_nothing_is_said_of_a_run_that_leaves_nothing() -> None:
    loaded = load(SPECS / "handlers/no_status_pulse.vq", {}, properties())
    assert loaded.design is not None
    assert reasons(loaded.design, Trace("storm", "", (), ())) == ()


def test_text_and_page_say_it(tmp_path: Path) -> None:
    broken(tmp_path, BROKEN["late acknowledge"][0])
    report = verify(tmp_path / "d.vq", Options())
    words = "which device cmd[0] found set in step 7"
    assert words in " ".join(details(report, report.lines[0]).split())
    assert words in page(Page(run_of(report), report, (), {}))


POLLED = """
device_type scsi(n: 1..4) { id 8  queue ctl at 0 {} queue req[i in 0..n-1] at i + 1 {} }
transport mmio {
    map in driver { queue q -> line MAP;  config -> none }
    map in device { programmed }
    signal queue q { publish q;  raise line(q) }
    handler on line l { for q on l { schedule q } }
    service poll(q) deferred { drain q  complete q  if pending q { schedule q } }
}
platform p { controller c : edge { lines 0..7 } }
device scsi0 : scsi(1) on mmio { lines 2 SERVICE }
check no_lost_notifications
"""


@pytest.mark.parametrize(
    ("map_", "service", "why"),
    [
        ("q.index % lines + 1", "service poll", "has no line for req[0]: line 2 is not granted"),
        ("(q.index - 1) % lines", "service poll", "for ctl: its map is undefined (-1 % 2)"),
        ("q.index % lines", "", "has nothing run: ctl has no deferred service"),
    ],
)
def test_without_a_line_or_a_service(map_: str, service: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text(POLLED.replace("MAP", map_).replace("SERVICE", service))
    report = verify(path, Options())
    assert why in " ".join(details(report, report.lines[0]).split())
    said = [d.headline for d in report.diagnostics if d.code == "VQ0431"]
    names = "a queue of `scsi0` is scheduled, and it names no service: nothing runs"
    assert said == ([] if service else [names])
    assert not any("is not entered after" in p.words for p in _unserved(report.lines[0].verdict))


def _unserved(verdict: object) -> tuple[Place, ...]:
    assert isinstance(verdict, Violated)
    return verdict.findings[0].unserved_at


def test_nothing_is_divided_below_0(tmp_path: Path) -> None:
    path = tmp_path / "d.vq"
    path.write_text(POLLED.replace("MAP", "(q.index - 1) % lines").replace("SERVICE", ""))
    (line,) = verify(path, Options(properties=("coverage",))).lines
    assert isinstance(line.verdict, Violated)
    assert line.verdict.findings[0].hint.startswith("nothing below 0 is divided: guard the rule")
