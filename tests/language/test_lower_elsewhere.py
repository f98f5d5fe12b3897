"""The note VQ0429: one `lower` in a transport decides what every `raise` of it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from checker.commands.main import main
from checker.language.load import load
from checker.options import Options
from checker.report.diagnostics import as_github, render, summary
from checker.report.schema import schema
from checker.verdict.verdict import outcome
from checker.verify import verify

TEXT = """device_type disk { id 2  queue req at 0 }
transport t {
    pool pin : edge
    map in transport { queue q -> line 0 }
    map in device { queue q -> line 0 }
    signal queue q in plain { raise line(q) }
    signal queue q in toggled { raise line(q)  lower line(q) }
    handler on line l { for q on l { service q } }
}
device d : disk on t { lines 1  mode plain }
check no_lost_notifications
"""
RESAMPLED = """    register status { USED }
    drive line l while status.USED resample in plain
"""
NOTE = """\
note[VQ0429]: a `raise` that no `lower` follows is an edge only while the line is low
 --> d.vq:6:31
  |
6 |     signal queue q in plain { raise line(q) }
  |                               ^^^^^^^^^^^^^
7 |     signal queue q in toggled { raise line(q)  lower line(q) }
  |                                                ------------- because of this `lower`, though it\
 is of mode `toggled`
  = hint: lower the line in this program too, or `pulse` it; in a transport without any `lower`\
 each `raise` is an edge

"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _outcome(text: str) -> str:
    path = Path("d.vq")
    path.write_text(text)
    (line,) = verify(path, Options()).lines
    return outcome(line.verdict)


def _codes(text: str) -> list[str]:
    path = Path("d.vq")
    path.write_text(text)
    return [d.code for d in load(path).diagnostics]


def test_a_lower_of_a_mode_that_nobody_is_in_decides() -> None:
    """It is so by the meaning of programs, which is why it is noted."""
    assert _outcome(TEXT) == "violated"
    assert _outcome(TEXT.replace("  lower line(q)", "")) == "holds"


def test_it_is_noted_and_nothing_more(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("d.vq")
    path.write_text(TEXT)
    found = load(path).diagnostics
    assert render(found) == NOTE
    assert summary(found) == "1 note"
    assert as_github(found).startswith("::notice file=d.vq,line=6,col=31,title=VQ0429::")
    assert main(["check", "d.vq"]) == 0
    assert capsys.readouterr().out == NOTE + "1 note in 1 file\n"
    assert main(["check", "d.vq", "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert one["severity"] == "note"
    assert main(["check", "d.vq", "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_the_configuration_may_be_what_lowers() -> None:
    text = TEXT.replace("in plain ", "").replace("  mode plain", "")
    text = text.replace("queue q in toggled", "config")
    text = text.replace("line(q)  lower line(q)", "line(config)  lower line(config)")
    text = text.replace("queue req at 0", "queue req at 0  config_change")
    text = text.replace("queue q -> line 0 }", "queue q -> line 0  config -> line 0 }")
    assert _codes(text) == ["VQ0429"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  lower line(q)", ""),
        ("plain { raise line(q) }", "plain { raise line(q)  lower line(q) }"),
        ("plain { raise line(q) }", "plain { pulse line(q) }"),
        ("pin : edge", "pin : level"),
        ("    handler", f"{RESAMPLED}    handler"),
    ],
)
def test_where_nothing_hinges_on_it_nothing_is_said(old: str, new: str) -> None:
    assert old in TEXT
    assert _codes(TEXT.replace(old, new, 1)) == []


def test_sarif_and_results_know_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    Path("d.vq").write_text(TEXT)
    main(["verify", "d.vq", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    Draft202012Validator(schema()).validate(data)
    assert data["designs"][0]["diagnostics"][0]["severity"] == "note"
    main(["verify", "d.vq", "--format", "sarif"])
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert (results[0]["ruleId"], results[0]["level"]) == ("VQ0429", "note")
