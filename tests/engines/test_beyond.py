"""What lies beyond the first few queues and lines: it is found, or nothing is said to be proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.engines import chance, runs
from checker.engines.engine import Budget
from checker.engines.run_question import RunObligation
from checker.language.load import load
from checker.properties.property import properties
from checker.verdict.judge import judge_runs
from checker.verdict.trace import Trace
from checker.verdict.verdict import Holds, Proved, Verdict, Violated

DESIGN = """
param n in {n}
platform p {{ controller c : {trigger} {{ lines 0..63 }} }}
device_type d(n: 1..64) {{ id 40  queue a[i in 0..n-1] at i {{ role rx }}  {more} }}
transport t {{
    pool w : {trigger}
    register st {{ U, C }}
    map in driver {{
        queue q -> line q.index % {lines}
        {config}
        {requests}
    }}
    map in device {{ programmed }}
    {programs}
}}
device dev : d(n) on t {{ lines {granted} of w }}
check no_lost_notifications
"""
PARTS = {"n": "1..8", "trigger": "message", "more": "", "lines": "lines", "config": "",
         "requests": "request lines 0..lines-1 with h", "granted": "n"}  # fmt: skip


def verdict(folder: Path, **parts: str) -> Verdict:
    path = folder / "design.vq"
    path.write_text(DESIGN.format(**(PARTS | parts)), encoding="utf-8")
    loaded = load(path, {}, properties())
    assert loaded.design is not None, loaded.diagnostics
    asked = properties()["no_lost_notifications"].obligations(loaded.design)
    some = [o for o in asked if isinstance(o, RunObligation)]
    return judge_runs(some, [runs.work(o, Budget()) for o in some], "any", "nothing").verdict


def run(found: Verdict) -> Trace:
    assert isinstance(found, Violated)
    trace = found.findings[0].trace
    assert trace is not None
    return trace


NOBODY = {
    "lines": "min(lines, 4)",
    "requests": "request lines 0..min(lines, 4)-1 with h; request lines 4..lines-1 with g",
    "programs": """
    signal queue q { publish q; pulse line(q); pulse line[4] }
    handler h on line l { for q on l { service q } }
    handler g on line l { return none }
    """,
}


def test_a_line_with_no_source_that_nobody_handles_is_no_proof(tmp_path: Path) -> None:
    found = verdict(tmp_path, **NOBODY)
    assert run(found).kind == "unhandled"


def test_nor_by_a_wire(tmp_path: Path) -> None:
    programs = """
    signal queue q { publish q; set st.U }
    drive line l while st.U
    handler h on line l {
        loop { s = read st; if not s.U { stop } clear st s; for q in queues { service q } }
        return handled
    }
    handler g on line l { return none }
    """
    requests = "request lines 0..min(lines, 2)-1 with h; request lines 2..lines-1 with g"
    parts = {"trigger": "edge", "lines": "min(lines, 2)", "requests": requests}
    found = verdict(tmp_path, programs=programs, **parts)
    assert isinstance(found, Violated)


def test_with_a_handler_that_says_so_it_is_proved(tmp_path: Path) -> None:
    programs = NOBODY["programs"].replace("return none", "return handled")
    found = verdict(tmp_path, **(NOBODY | {"programs": programs}))
    assert isinstance(found, Holds)
    assert isinstance(found.how, Proved)


def test_a_handler_that_only_further_lines_have_is_searched(tmp_path: Path) -> None:
    programs = """
    signal queue q { publish q; set st.U; pulse line(q) }
    handler h on line l { s = read st; clear st s; for q in queues { service q } }
    handler g on line l { s = read st; clear st s; if s.U { for q on l { service q } } }
    """
    requests = "request lines 0..min(lines, 3)-1 with h; request lines 3..lines-1 with g"
    found = verdict(tmp_path, programs=programs, requests=requests, granted="1..8")
    assert isinstance(found, Violated)


STATUS = """
    signal queue q { publish q; set st.U; raise line(q) }
    handler h on line l {
        s = read st; clear st s; if s.U { for q in queues where %s { service q } }
    }
"""


@pytest.mark.parametrize(
    ("n", "where"),
    [("3..3", "q.index + l != 3"), ("1..5", "q.index + l != 7"), ("1..64", "q.index < 9")],
)
def test_queues_that_are_alike_alone_and_not_beside_others(
    n: str, where: str, tmp_path: Path
) -> None:
    programs = STATUS % f"{where} or l == q.index % lines"
    found = verdict(tmp_path, n=n, trigger="edge", programs=programs)
    assert len(run(found).steps) == 13
    assert chance.BY_CHANCE not in run(found).instance


@pytest.mark.parametrize("granted", ["8", "12"])
def test_a_proof_needs_no_instance_that_can_be_visited_whole(granted: str, tmp_path: Path) -> None:
    programs = """
    signal queue q { publish q; set st.U }
    drive line l while st.U
    handler h on line l { s = read st; clear st s; if s.U { for q in queues { service q } } }
    """
    found = verdict(tmp_path, trigger="level", granted=granted, programs=programs)
    assert isinstance(found, Holds)
    assert isinstance(found.how, Proved)


def test_what_is_found_by_chance_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.engines.run_search.Search._suspect", lambda *_, **__: None)
    programs = STATUS % "q.index < 9 or l == q.index % lines"
    found = verdict(tmp_path, n="1..64", trigger="edge", programs=programs)
    assert chance.BY_CHANCE in run(found).instance
