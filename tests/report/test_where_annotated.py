"""Where a loss is annotated: at what a reader has to change, not at the device's first step."""

from __future__ import annotations

import re
from pathlib import Path

from checker.options import Options
from checker.report.github import render
from checker.report.run import Style
from checker.report.sarif import as_data
from checker.verify import verify
from tests.report.runs import run_of

DISK = "device_type disk(n: 1..64) { id 2  queue req[i in 0..n-1] at i }\n"
HEAD = f"""{DISK}transport told {{
    pool wired : edge
    register status {{ USED }}
    map in transport {{ queue q -> line q.index % lines }}
    map in device {{ queue q -> line q.index % lines }}
"""
TOLD = "    signal queue q { set status.USED  raise line(q) }\n"
CLEARS = """    handler on line l {
        s = read status
        clear status s
        if s.USED { for q on l { service q } }
    }
"""
DEVICE = "}\ndevice disk0 : disk(2) on told { lines 2 }\ncheck no_lost_notifications\n"


def _annotated(folder: Path, text: str) -> tuple[str, str]:
    """The line of the text that GitHub shows it at, and what is said there; SARIF agrees."""
    path = folder / "d.vq"
    path.write_text(text)
    run = run_of(verify(path, Options()))
    (first,) = [c for c in render(run, Style()).splitlines() if c.startswith("::error")]
    at = re.search(r",line=(\d+),", first)
    assert at is not None
    results = as_data(run)["runs"][0]["results"]  # type: ignore[index]
    (result,) = [r for r in results if r["ruleId"] == "no_lost_notifications"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == int(at[1])
    related = [r["physicalLocation"]["region"]["snippet"] for r in result["relatedLocations"]]
    # The device's step is still there, if it has any.
    assert (TOLD not in text) or {"text": "set status.USED"} in related
    return text.splitlines()[int(at[1]) - 1].strip(), result["message"]["text"]


def test_at_the_statement_that_was_to_serve_it(tmp_path: Path) -> None:
    where, said = _annotated(tmp_path, HEAD + TOLD + CLEARS + DEVICE)
    assert where == "if s.USED { for q on l { service q } }"
    assert "was to serve req[1] here: it does not get here, as step 12 found s.USED = 0" in said


def test_a_storm_is_at_the_last_that_a_handler_did(tmp_path: Path) -> None:
    text = (HEAD + TOLD + CLEARS + DEVICE).replace(": edge", ": level")
    text = text.replace("raise line(q)", "").replace("        clear status s\n", "")
    text = text.replace("    handler", "    drive line l while status.USED\n    handler", 1)
    where, _ = _annotated(tmp_path, text)
    assert where in [w.strip() for w in CLEARS.splitlines()]


def test_where_nothing_signals_at_the_transport(tmp_path: Path) -> None:
    other = "    signal config { raise line(config) }\n"
    text = HEAD + other + CLEARS.replace("if s.USED", "if not s.USED") + DEVICE
    text = text.replace("at i }", "at i  config_change }")
    text = text.replace("lines }", "lines  config -> line 0 }")
    where, _ = _annotated(tmp_path, text)
    assert where == "transport told {"


def test_fingerprints_do_not_tell_where_it_is(tmp_path: Path) -> None:
    marks = []
    for text in (HEAD + TOLD + CLEARS + DEVICE, HEAD + TOLD + "\n\n" + CLEARS + DEVICE):
        (tmp_path / "d.vq").write_text(text)
        run = run_of(verify(tmp_path / "d.vq", Options()))
        (result,) = as_data(run)["runs"][0]["results"]  # type: ignore[index]
        marks.append(result["partialFingerprints"])
    assert marks[0] == marks[1]
