"""Of a run that leaves something unserved: who was to serve it, where, and what kept it away."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.commands.main import main
from checker.options import Options
from checker.verdict.verdict import Violated
from checker.verify import verify

SPECS = Path(__file__).resolve().parents[2] / "specs"
ONLY = Options(properties=("no_lost_notifications",), expectations=False)
HEAD = """
device_type disk(n: 1..64) { id 2  queue req[i in 0..n-1] at i }
transport told {
    register status { USED }
    map in transport { queue q -> line q.index % lines }
    map in device { queue q -> line q.index % lines }
    signal queue q { set status.USED  raise line(q) }
"""
DEVICE = "}\ndevice disk0 : disk(2) on told { lines 2 }\ncheck no_lost_notifications\n"


def _unserved(path: Path) -> list[str]:
    """Each place by its line, with what is said of it."""
    (line,) = verify(path, ONLY).lines
    assert isinstance(line.verdict, Violated)
    (finding,) = line.verdict.findings
    return [f"{p.span.line}: {p.words}" for p in finding.unserved_at]


NO_WAY = "was to serve {} here: it does not get here"
WHO = {
    "mmio_multi_irq/cleaned_up.vq": (
        f"34: handler line 1 {NO_WAY.format('rx[1]')}, as step 12 found s.VRING = 0"
    ),
    "handlers/no_status_pulse.vq": (
        "17: handler line 0 was to serve req[0] here: it was here in step 4, before step 5"
    ),
    "handlers/serve_own_level.vq": (
        "28: the handler of line 0 was to serve req[0] here: it is not entered after step 1"
    ),
    "museum/napi_no_second_look.vq": (
        "11: service req[0] takes what req[0] has in step 8, before step 9, and nobody serves it"
        " after"
    ),
    "handshake/flags_no_recheck.vq": (
        "25: handler line 0 takes what it sees of req[0] in step 9, and leaves 1, and nobody serves"
        " it after"
    ),
    "ccw/classic.vq": (
        f"35: handler line 0 {NO_WAY.format('config')}, as step 12 found c.CONFIG = 0"
    ),
    "mmio/today_irqfd.vq": (
        f"38: handler line 0 {NO_WAY.format('rx[0]')}, as nothing sets s.VRING in this run"
    ),
    "museum/isr_early_return.vq": (
        "18: handler line 0 ends here, before it serves config in line 20: step 4 found s.USED = 0"
    ),
}


@pytest.mark.parametrize(("name", "said"), WHO.items(), ids=list(WHO))
def test_who_was_to_serve(name: str, said: str) -> None:
    assert _unserved(SPECS / name) == [said]


def test_an_early_return_keeps_it_away(tmp_path: Path) -> None:
    design = tmp_path / "d.vq"
    body = "s = read status  clear status s  if not s.USED { return none }"
    design.write_text(
        f"{HEAD}    handler a on line l {{ {body} for q on l {{ service q }} }}\n{DEVICE}"
    )
    (said,) = _unserved(design)
    assert said == (
        "8: handler line 1 ends here, before it serves req[1] in line 8: step 12 found s.USED = 0"
    )


def test_what_the_design_makes_false_is_said_with_its_values(tmp_path: Path) -> None:
    design = tmp_path / "d.vq"
    body = "s = read status  clear status s  if s.USED and lines < 2 { for q on l { service q } }"
    design.write_text(f"{HEAD}    handler a on line l {{ {body} }}\n{DEVICE}")
    (said,) = _unserved(design)
    assert said.endswith("as `if s.USED and lines < 2` is not so (lines = 2, s.USED = 1)")


def test_a_loop_that_counts_queues_leaves_it_out(tmp_path: Path) -> None:
    # This was an internal error: a tally has a value only where the device is known.
    design = tmp_path / "d.vq"
    body = "for q on l where queues < 2 or q.nth != 1 { service q }"
    design.write_text(f"{HEAD}    handler a on line l {{ {body} }}\n{DEVICE}")
    (said,) = _unserved(design)
    assert said.endswith("its loop leaves it out (`for q on l where queues < 2 or q.nth != 1`)")


def test_a_return_that_the_design_decides_is_named(tmp_path: Path) -> None:
    design = tmp_path / "d.vq"
    body = "s = read status  clear status s  if queues > 1 { return handled }"
    design.write_text(
        f"{HEAD}    handler a on line l {{ {body} for q on l {{ service q }} }}\n{DEVICE}"
    )
    (said,) = _unserved(design)
    assert said.endswith("ends here, before it serves req[0] in line 8: `if queues > 1`")


def test_a_handler_that_serves_no_queue_is_named(tmp_path: Path) -> None:
    design = tmp_path / "d.vq"
    head = HEAD.replace(
        "{ queue q -> line q.index % lines }",
        "{ queue q -> line q.index % lines  request line 0 with a  request line 1 with b }", 1,
    )  # fmt: skip
    handlers = """    handler a on line l { for q on l { service q } }
    handler b on line l { s = read status  clear status s }
"""
    design.write_text(head + handlers + DEVICE)
    assert _unserved(design) == [
        "9: handler line 1 is entered (steps 4 to 6), and has no place that serves req[1]"
    ]


PULSED = (
    "    - step 6, `pulse line 0` (no_status.vq:14), changes nothing: while its handler runs, a"
    " level line takes no pulse\n"
)


def test_the_text_says_it_below_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    # A run that ends with the end of an interrupt said nothing of what is left.
    main(["verify", str(SPECS / "handlers/no_status_pulse.vq"), "-p", "no_lost_notifications"])
    said = capsys.readouterr().out
    said = said.replace(PULSED, "    - (step 6)\n")
    assert (
        """\
    7  handler line 0  end of interrupt line 0
  left waiting: req[0]; after step 7 nobody comes any more
    - (step 6)
    - no_status.vq:17: handler line 0 was to serve req[0] here: it was here in step 4, before step 5
"""
        in said
    )


def test_a_fence_is_no_step_without_effect(capsys: pytest.CaptureFixture[str]) -> None:
    main(["verify", str(SPECS / "handshake/flags_no_recheck.vq"), "-p", "no_lost_notifications"])
    said = capsys.readouterr().out
    assert "left waiting: req[0]" in said
    assert "changes nothing" not in said
