"""Instances with too many states to be visited are remembered, not forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.engines import run_search
from checker.engines.engine import Budget
from checker.engines.run_asking import Asking
from checker.engines.run_question import RunObligation, RunResult
from checker.language.load import load
from checker.properties.property import properties

_DESIGN = Path(__file__).resolve().parents[2] / "specs/handlers/no_status_edge.vq"


@pytest.fixture(scope="module")
def asked() -> RunObligation:
    design = load(_DESIGN).design
    assert design is not None
    (first, *_) = properties()["no_lost_notifications"].obligations(design)
    assert isinstance(first, RunObligation)
    return first


def searched(asked: RunObligation) -> RunResult:
    """As far as instances with one source go; the rest is not what is asked here."""
    some = run_search.Search(Asking(asked, Budget()))
    some.settings = list(some.new_settings())
    assert some.search(1, run_search.MANY_STATES, endless_too=True) is None
    return RunResult(None, explored=tuple(some.a.known.explored), passed=some.passed())


def test_what_is_visited_whole_is_not_passed_over(asked: RunObligation) -> None:
    got = searched(asked)
    assert got.explored
    assert not got.passed


def test_what_has_too_many_states_is_told_with_its_size(
    asked: RunObligation, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = searched(asked)
    most = min(i.states for i in whole.explored) - 1
    monkeypatch.setattr(run_search, "MANY_STATES", most)
    got = searched(asked)
    assert not got.explored
    assert {i.words for i in got.passed} == {i.words for i in whole.explored}
    assert all(i.states == most and i.queues == 1 and i.lines >= 1 for i in got.passed)
