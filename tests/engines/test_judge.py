"""What is said where runs could be neither searched nor proved."""

from checker.engines.run_question import InstanceRecord, ProofRecord, RunObligation, RunResult
from checker.verdict.judge import judge_runs
from checker.verdict.verdict import Unknown, Vacuous, Verdict
from model.design.design import Design

_DESIGN = Design("d.vq", (), None, (), (), (), (), (), (), (), (), ())
_VISITED = InstanceRecord("d with 1 edge line", 8, 5, 1, 1)
_PROVED = ProofRecord("req with irq", "true", "forgotten", ())
_SEARCHED = RunResult(None, unproved=("no proof",), explored=(_VISITED,), witness="req is served")
_TOO_LARGE = RunResult(None, unproved=("req with irq: handler may go on for ever",))


def judged(*results: RunResult) -> Verdict:
    asked = [RunObligation("p", f"d{k}", _DESIGN, (), (), ()) for k in range(len(results))]
    return judge_runs(asked, results, "any number", "nothing notifies").verdict


def test_what_could_not_be_searched_is_unknown_and_not_vacuous() -> None:
    got = judged(_TOO_LARGE)
    assert isinstance(got, Unknown)
    assert "d0: too many states to be searched" in got.reasons


def test_a_bound_of_one_device_is_not_one_of_another() -> None:
    assert isinstance(judged(_SEARCHED, _TOO_LARGE), Unknown)
    assert isinstance(judged(_TOO_LARGE, _SEARCHED), Unknown)


def test_some_proofs_do_not_stand_for_a_search() -> None:
    half = RunResult(None, proofs=(_PROVED,), unproved=("tx with irq: no proof",), witness="x")
    assert isinstance(judged(half), Unknown)


def test_nothing_to_try_and_nothing_open_is_vacuous() -> None:
    assert isinstance(judged(RunResult(None)), Vacuous)
