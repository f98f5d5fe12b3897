"""A handler that may go on for ever is not proved, wherever the instances that are tried end."""

from pathlib import Path

import pytest

from checker.engines import runs
from checker.engines.engine import Budget
from checker.engines.run_question import RunObligation
from checker.engines.run_search import Search
from checker.language.load import load
from checker.properties.property import properties
from model.design.design import Design
from model.kernel.rest import rests
from model.meaning.focus import Focus

_PARTS = """
param n in 1..1000
platform machine {{ controller gic : {trigger} {{ lines 0..3000 }} }}
device_type nic(n: 1..1000) {{
    id 1
    queue rx[i in 0..n-1] at 2*i     {{ role rx }}
    queue tx[i in 0..n-1] at 2*i + 1 {{ role tx {tx} }}
}}
device d : nic(n) on t {{ lines {lines} }}
check no_lost_notifications
"""

_EACH = """
transport t {
    map in driver {
        queue q -> line q.nth if q.callback
        queue q -> none       otherwise
        request lines 0..lines-1 with irq
    }
    map in device { programmed }
    signal queue q { pulse line(q) }
    handler irq on line l {
        for q on l { service q }
        HANDLER
    }
}
"""

_A_LINE_WITH_NOTHING_ON_IT = """
transport t {
    register status { USED } per line
    map in driver {
        queue q -> line 0
        request line 0 with irq
        request lines 1..lines-1 with nothing
    }
    map in device { queue q -> line 0 }
    signal queue q {
        set status[line(q)].USED
        if lines >= 9 { set status[line[8]].USED }
    }
    drive line l while status.USED
    handler irq on line l {
        s = read status[l]
        clear status[l] s
        for q in queues { service q }
    }
    handler nothing on line l { return none }
}
"""


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a search finds in the end is no matter here."""
    monkeypatch.setattr(Search, "last", lambda _: None)


def unproved(transport: str, tmp_path: Path, **parts: str) -> list[str]:
    """Why the design is not proved, whether or not a search finds what is wrong with it."""
    path = tmp_path / "design.vq"
    path.write_text(transport + _PARTS.format(**parts), encoding="utf-8")
    loaded = load(path, {}, properties())
    assert loaded.design is not None, loaded.diagnostics
    found = properties()["no_lost_notifications"].obligations(loaded.design)
    results = [runs.work(obligation, Budget()) for obligation in found]  # type: ignore[arg-type]
    assert results
    return [why for r in results for why in r.unproved]


def test_a_storm_on_a_line_whose_handler_does_nothing_at_all(tmp_path: Path) -> None:
    # Such a handler has no place but rest, and was once not looked at.
    why = unproved(_A_LINE_WITH_NOTHING_ON_IT, tmp_path, trigger="level", tx="", lines="1..n")
    assert "nothing: handler may go on for ever" in why


@pytest.mark.parametrize(
    ("polled", "where"),
    [
        ("polled", "not q.callback and q.index > 100"),
        ("callback if n < 50", "not q.callback"),
    ],
)
def test_an_endless_loop_for_a_polled_queue(polled: str, where: str, tmp_path: Path) -> None:
    # It is no source, so that no case looked at what is done for it.
    handler = f"for q in queues where {where} {{ loop {{ fence }} }}"
    transport = _EACH.replace("HANDLER", handler)
    why = unproved(transport, tmp_path, trigger="edge", tx=polled, lines="n")
    assert "tx with irq: handler may go on for ever" in why


def test_an_endless_loop_for_two_queues_that_differ(tmp_path: Path) -> None:
    # With one of them looked at, the other is somebody else, whose loops were passed over.
    handler = """for q on l {
            for p in queues where p.role != q.role and p.index > 100 { loop { fence } }
        }"""
    transport = _EACH.replace("HANDLER", handler)
    why = unproved(transport, tmp_path, trigger="edge", tx="polled", lines="n")
    assert "irq: handler may go on for ever" in why


def test_a_loop_with_nothing_in_it_but_a_loop_over_queues(tmp_path: Path) -> None:
    # Its head was not known to have been passed, so that no way led out of the loop inside.
    transport = _EACH.replace("HANDLER", "loop { for q on l { service q } }")
    why = unproved(transport, tmp_path, trigger="edge", tx="polled", lines="n")
    assert "irq: handler may go on for ever" in why


@pytest.mark.parametrize(
    "loop",
    [
        "while pending q { drain_one q }",
        "loop { drain_one q  if not pending q { stop } }",
        "drain_one q  while pending q { fence  drain_one q  drain_one q }",
    ],
)
def test_a_loop_that_takes_one_entry_at_a_time_ends(loop: str, tmp_path: Path) -> None:
    # A counter that stops at a cap could stay there for ever, as if there were always more.
    design = design_of(_EACH.replace("service q", loop).replace("HANDLER", ""), tmp_path)
    assert ends(design) == [""]
    (asked,) = properties()["no_lost_notifications"].obligations(design)
    result = runs.work(asked, Budget())  # type: ignore[arg-type]
    assert (result.found, result.unproved) == (None, ())
    assert result.proofs


@pytest.mark.parametrize(
    "loop",
    [
        "loop { drain_one q }",
        "while pending q { fence }",
        "while not pending q { drain_one q }",
        "loop { while pending q { drain_one q } }",
        "while pending q { for p in queues where p.role != q.role { drain_one p } }",
    ],
)
def test_a_loop_that_need_not_take_any_may_not(loop: str, tmp_path: Path) -> None:
    design = design_of(_EACH.replace("service q", loop).replace("HANDLER", ""), tmp_path)
    assert ends(design) == ["handler may go on for ever"]


def design_of(transport: str, tmp_path: Path) -> Design:
    """The design with only one kind of queue that notifies."""
    path = tmp_path / "design.vq"
    text = transport + _PARTS.format(trigger="edge", tx="polled", lines="n")
    path.write_text(text, encoding="utf-8")
    design = load(path, {}, properties()).design
    assert design is not None
    return design


def ends(design: Design) -> list[str]:
    """Of each case why its agents may not come to rest."""
    (asked,) = properties()["no_lost_notifications"].obligations(design)
    assert isinstance(asked, RunObligation)
    found = [Focus(design, c.case).system(ending=True) for c in asked.cases]
    return [
        rests(x, {s.actor for s in x.steps if not s.actor.startswith("peer")}).why for x in found
    ]


@pytest.mark.parametrize(
    "handler",
    [
        # A loop over other queues counted once, however many there are.
        "x = 0  for q in queues { x = x + 1 }  while x > 19 { fence }",
        "x = 0  for q in queues { x = x + 2 }  loop { if x != 38 { stop }  fence }",
        """x = 0  for q in queues { k = 0  while k < 2 { k = k + 1  x = x + 1  fence } }
        while x > 30 { fence }""",
        # Some values of a number stood for all, in comparisons with others than 0.
        "x = 0  for q on l { x = q.index }  fence  while x > 30 { fence }",
        "x = l  fence  while x > 21 { fence }",
        "x = l  fence  x = x - 9  fence  x = x - 9  while x > 0 { fence }",
        # A tally is of a device that is known: this was an internal error.
        "x = queues  while x > 30 { fence }",
    ],
)
def test_an_endless_loop_for_large_numbers(handler: str, tmp_path: Path) -> None:
    transport = _EACH.replace("HANDLER", f"{handler}  for q on l {{ service q }}")
    why = unproved(transport, tmp_path, trigger="edge", tx="polled", lines="n")
    assert any("may go on for ever: it computes with numbers" in w for w in why)


@pytest.mark.parametrize(
    ("counts", "is_counting"),
    [
        ("x = 0  for q on l { x = x + 1 }  if x == 5 { mask l }", True),
        ("x = queues  if x == 900 { mask l }", True),
        ("loop { for q on l { service q } }", False),
        ("loop { for q on l { k = 0  if l > 3 { k = k + 1 }  service q } }", False),
        ("loop { for q on l { if l > 3 { k = 0 }  k = k + 1  if k == 9 { fence } } }", True),
    ],
)
def test_what_counts_queues_is_not_searched_whole(
    counts: str, is_counting: bool, tmp_path: Path
) -> None:
    # `bounded` was said, of devices with fewer queues than the one that loses.
    path = tmp_path / "design.vq"
    transport = _EACH.replace("HANDLER", f"{counts}  for q on l {{ service q }}")
    text = transport + _PARTS.format(trigger="edge", tx="polled", lines="n")
    path.write_text(text, encoding="utf-8")
    design = load(path, {}, properties()).design
    assert design is not None
    (asked,) = properties()["no_lost_notifications"].obligations(design)
    result = runs.work(asked, Budget())  # type: ignore[arg-type]
    assert result.unproved
    assert any("the number of queues" in w for w in result.open) == is_counting
