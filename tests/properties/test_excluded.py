"""Where `coverage` marks a text that leaves a source out: at the rule, the loop or the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.options import Options
from checker.report.github import render
from checker.report.run import Style
from checker.verdict.finding import Place
from checker.verdict.verdict import Violated
from checker.verify import verify
from tests.report.runs import run_of

TEXT = """
device_type disk(n: 1..64) { id 2  queue req[i in 0..n-1] at i  config_change }
transport told {
    register status { USED, CONFIG }
    map in transport {
        queue q -> none if not q.callback
        queue q -> line 0 otherwise
        config -> line 0
        request line 0 with irq
    }
    map in device { queue q -> line 0  config -> line 0 }
    signal queue q { set status.USED  raise line(q) }
    signal config { set status.CONFIG  raise line(config) }
    handler irq on line l {
        s = read status
        clear status s
        if s.CONFIG { notify config }
        if s.USED { for q on l { service q } }
    }
}
device disk0 : disk(2) on told { lines 1..2 }
check coverage
"""
RULE = ("line 0 otherwise", "line 0 if q.index > 0")
SAID = {
    "rule": ([RULE], ["if q.index > 0", "if not q.callback"]),
    "filter": ([("q on l {", "q on l where q.index > 0 {")], ["for q on l where q.index > 0"]),
    "test of a queue": (
        [("{ service q }", "{ if q.index > 0 and lines > 0 { service q } }")],
        ["if q.index > 0 and lines > 0"],
    ),
    "test of the lines": ([("if s.USED {", "if s.USED { if lines > 1 {"), ("q } }", "q } } }")],
                          ["if lines > 1"]),
    "test before the configuration": ([("if s.CONFIG {", "if l > 0 { if s.CONFIG {"),
                                       ("config }\n        if s.U", "config } }\n        if s.U")],
                                      ["if l > 0"]),
    "no place": ([("for q on l { service q }", "")], [""]),
}  # fmt: skip


def _marked(folder: Path, changes: list[tuple[str, str]]) -> tuple[list[Place], str]:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "d.vq"
    path.write_text(text)
    report = verify(path, Options())
    (line,) = report.lines
    assert isinstance(line.verdict, Violated), line.verdict
    return list(line.verdict.findings[0].places), render(run_of(report), Style())


@pytest.mark.parametrize("name", SAID)
def test_what_leaves_it_out_is_marked(name: str, tmp_path: Path) -> None:
    changes, wanted = SAID[name]
    places, shown = _marked(tmp_path, changes)
    if name == "no place":
        assert places[0].words == "its handler"
        return
    assert [p.span.text for p in places[: len(wanted)]] == wanted
    assert {p.words[:11] for p in places[: len(wanted)]} == {"not true of"}
    line = TEXT[: TEXT.index(changes[0][0])].count("\n") + 1
    assert f",line={line}," in shown, "the annotation of a pull request is there"


def test_a_map_without_a_rule_is_marked_whole(tmp_path: Path) -> None:
    places, _ = _marked(tmp_path, [("        config -> line 0\n", "")])
    assert places[0].words == "the driver's map"
