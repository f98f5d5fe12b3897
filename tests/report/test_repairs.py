"""Which single change helps: the statement that somebody would change is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.language.load import load
from checker.properties.property import properties
from checker.verdict.passed_over import passed_over
from checker.verdict.repairs import Repairs, repairs
from checker.verdict.trace import Trace
from checker.verdict.verdict import Violated
from checker.verify import Options, verify
from model.design.design import Design
from model.design.device import Trigger
from model.meaning.edits import edits

PROPERTY = "no_lost_notifications"
DESIGN = """\
param n in 1..8
platform board { controller gic : level { lines 32..95 } }
device_type accel(cmds: 1..8) {
    id 42
    queue cmd[i in 0..cmds-1] at i { role request }
    config_change
}
transport xmmio {
    register isr { USED, CONFIG } per line
    map in driver {
        queue q -> line q.index % lines
        config -> line 0
        request lines 0..lines-1 with irq
    }
    map in device {
        queue q -> line q.index % lines
        config -> line 0
    }
    signal queue q { set isr[line(q)].USED }
    signal config { set isr[line(config)].CONFIG }
    drive line l while isr.USED or isr.CONFIG
    handler irq on line l {
        s = read isr[l]
        clear isr[l] s
        if s.CONFIG { notify config }
        if s.USED { for q on l { service q } }
    }
}
device a0 : accel(n) on xmmio { lines 1..n }
check no_lost_notifications
"""
BROKEN = {
    "late acknowledge": (
        [
            ("clear isr[l] s\n", "\n"),
            ("service q } }\n", "service q } }\n        clear isr[l] s\n"),
        ],
        "do `clear isr[l] s` before `if s.",
    ),
    "no acknowledge": ([("        clear isr[l] s\n", "")], "add `clear isr[l] s` after `s = read"),
    "acknowledged unread": (
        [("        clear isr[l] s\n", ""), ("s = read", "clear isr[l].USED\n        s = read")],
        "do `clear isr[l].USED` after `s = read isr[l]`",
    ),
    "wrong bit": ([("if s.USED", "if s.CONFIG")], "test `s.USED`, not `s.CONFIG`"),
    "filter": ([("for q on l {", "for q on l where q.index > 0 {")], "without `where`"),
    "mask": ([("        s = read", "        mask l\n        s = read")], "`unmask` at the end"),
    "one": ([("service q", "drain_one q")], "`drain q` in place of `drain_one q`"),
    "none": ([("service q } }\n", "service q } }\n        return none\n")], "`return handled`"),
    "map": (
        [("queue q -> line q.index % lines\n", "queue q -> line q.index % lines if q.index > 0\n")],
        "map in the driver as the device does: `queue q -> line q.index % lines`",
    ),
    "edge": (
        [(": level", ": edge")],
        "do all of it again while the line is high: `while asserted l { ... }`",
    ),
    "request": (
        [("request lines 0..lines-1 with irq", "request lines 1..lines-1 with irq")],
        "`request lines 0..lines - 1 with irq`",
    ),
    "wire": ([("isr.USED or isr.CONFIG", "isr.USED")], "also `or isr.CONFIG`"),
    "else": ([("config }\n        if s.USED", "config } else if s.USED")], "in `else` in any case"),
    "never acknowledged": (
        [
            ("        s = read isr[l]\n        clear isr[l] s\n", ""),
            ("        if s.CONFIG { notify config }\n", ""),
            ("if s.USED { for q on l { service q } }", "notify config  for q on l { service q }"),
        ],
        "add `clear isr[l].{USED, CONFIG}` at the start",
    ),
    "no drive": ([("    drive line l while isr.USED or isr.CONFIG\n", "")], "add `drive line l"),
}


def broken(tmp_path: Path, changes: list[tuple[str, str]]) -> tuple[Design, Trace]:
    text = DESIGN
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "d.vq"
    path.write_text(text, encoding="utf-8")
    return lost(path)


def lost(path: Path) -> tuple[Design, Trace]:
    design = load(path, {}, properties()).design
    assert design is not None
    (line,) = verify(path, Options(properties=(PROPERTY,))).lines
    assert isinstance(line.verdict, Violated), line.verdict
    trace = line.verdict.findings[0].trace
    assert trace is not None
    return design, trace


def said(found: Repairs) -> list[str]:
    return [r.words for r in found.found]


@pytest.mark.parametrize("name", BROKEN)
def test_the_statement_to_change_is_named(name: str, tmp_path: Path) -> None:
    changes, wanted = BROKEN[name]
    design, trace = broken(tmp_path, changes)
    found = repairs(design, trace)
    assert found.is_all
    assert any(wanted in words for words in said(found)), said(found)
    assert found == repairs(design, trace)


def test_what_is_left_out_by_a_map_is_said_to_be(tmp_path: Path) -> None:
    design, trace = broken(tmp_path, BROKEN["map"][0])
    assert "cmd[0] on line 0 (the driver has it on no line)" in trace.instance
    (place,) = passed_over(design, trace)
    assert "goes through the queues that the driver has on its line, and no rule" in place.words


def test_what_is_left_out_by_a_filter_is_said_to_be(tmp_path: Path) -> None:
    design, trace = broken(tmp_path, BROKEN["filter"][0])
    (place,) = passed_over(design, trace)
    assert "its loop leaves it out (`for q on l where q.index > 0`)" in place.words


def test_no_change_reads_a_local_before_it_has_a_value(tmp_path: Path) -> None:
    design, _ = broken(tmp_path, BROKEN["late acknowledge"][0])
    words = [e.words for e in edits(design.transports[0], "", Trigger.LEVEL)]
    assert "do `clear isr[l] s` before `s = read isr[l]`" not in words
    assert "do `clear isr[l] s` before `if s.CONFIG`" in words


POLLED = """\
device_type disk(n: 1..8) { id 2  queue req[i in 0..n-1] at i }
service poll(q) deferred {
    loop { disable q  drain q  enable q  if not pending q { stop } }
    complete q
}
transport told {
    suppression flags
    map in transport { queue q -> line 0 }
    map in device { queue q -> line 0 }
    signal queue q { if wants q { pulse line(q) } }
    handler on line l { for q on l { schedule q } }
}
device disk0 : disk(1) on told { lines 1  service poll }
check no_lost_notifications
"""


def test_to_look_for_ever_is_no_repair(tmp_path: Path) -> None:
    """Where `complete` is never reached, the service is run again for ever: nothing is lost."""
    path = tmp_path / "d.vq"
    path.write_text(POLLED)
    design, trace = lost(path)
    words = said(repairs(design, trace))
    assert "look again at the end: `if pending q { schedule q }`" in words
    assert not any("stop" in w for w in words), words


INTX = """\
device_type blk(n: 1..64) { id 2  queue req[i in 0..n-1] at i  config_change }
transport pci_intx {
    pool intx : level shared
    register isr { QUEUE, CONFIG } clears on read
    map in transport { queue q -> line 0  config -> line 0 }
    map in device { queue q -> line 0  config -> line 0 }
    signal queue q { set isr.QUEUE }
    signal config { set isr.CONFIG }
    drive line l while isr.QUEUE or isr.CONFIG
    handler vp_interrupt on line l {
        s = read isr
        if not s.QUEUE { return none }
        if s.CONFIG { notify config }
        for q in queues { service q }
    }
}
device vda : blk(1) on pci_intx { lines 1 of intx }
check no_lost_notifications
"""


def test_what_harms_another_source_is_no_repair(tmp_path: Path) -> None:
    """The run is about the configuration alone: to test CONFIG there loses the queues."""
    path = tmp_path / "d.vq"
    path.write_text(INTX)
    design, trace = lost(path)
    assert trace.sources == ("config",)
    words = said(repairs(design, trace))
    assert "leave out `return none`" in words
    assert not any(w.startswith("test `s.CONFIG`") for w in words), words


def test_nothing_is_moved_behind_a_way_out(tmp_path: Path) -> None:
    design, _ = broken(tmp_path, BROKEN["none"][0])
    words = [e.words for e in edits(design.transports[0], "", Trigger.LEVEL)]
    assert not any("after `return none`" in w for w in words)


def test_to_do_nothing_for_a_source_is_no_repair(tmp_path: Path) -> None:
    # Without the device's `set` nothing is lost where the driver never looks: nobody is served.
    design, trace = broken(tmp_path, BROKEN["wrong bit"][0])
    assert not any("leave out `set" in words for words in said(repairs(design, trace)))


def test_a_service_that_ends_too_early_looks_again(tmp_path: Path) -> None:
    design, trace = broken(
        tmp_path,
        [
            ("transport", "service poll(q) deferred { drain q; complete q }\ntransport"),
            ("service q }", "schedule q }"),
            ("lines 1..n }", "lines 1..n; service poll }"),
        ],
    )
    assert "look again at the end: `if pending q { schedule q }`" in said(repairs(design, trace))


def test_who_did_not_expect_it_gets_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(tmp_path, BROKEN["no acknowledge"][0])
    path = tmp_path / "d.vq"
    assert main(["verify", "--no-color", "--no-cache", str(path)]) == ExitCode.VIOLATED
    out = capsys.readouterr().out
    assert "hint: add `clear isr[l] s` after `s = read isr[l]` (d.vq:23): then no such run" in out
    path.write_text(path.read_text("utf-8") + f"expect {PROPERTY} violated\n", encoding="utf-8")
    assert main(["verify", "--no-color", "--no-cache", str(path)]) == ExitCode.OK
    assert "hint: add" not in capsys.readouterr().out
