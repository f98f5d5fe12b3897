"""What is said where runs could be neither searched nor proved."""

from checker.engines.run_question import InstanceRecord, ProofRecord, RunObligation, RunResult
from checker.verdict.judge import judge_runs
from checker.verdict.verdict import Bounded, Holds, Unknown, Vacuous, Verdict
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


def instance(queues: int, lines: int, depth: int = 7) -> InstanceRecord:
    return InstanceRecord(f"d with {queues} on {lines}", 100, depth, queues, lines)


def searched(visited: tuple[InstanceRecord, ...], passed: tuple[InstanceRecord, ...]) -> Verdict:
    return judged(
        RunResult(None, unproved=("no proof",), explored=visited, witness="x", passed=passed)
    )


def bound(v: Verdict) -> tuple[int, int, int]:
    assert isinstance(v, Holds)
    assert isinstance(v.how, Bounded)
    return v.how.steps, v.how.queues, v.how.lines


def test_a_bound_leaves_out_what_was_not_visited_whole() -> None:
    every = (instance(1, 1, 5), instance(2, 1, 8), instance(2, 2, 9), instance(3, 1, 12))
    assert bound(searched(every, ())) == (12, 3, 2)
    got = searched(every, (instance(3, 2),))
    assert bound(got) == (9, 2, 2)
    assert isinstance(got, Holds)
    assert isinstance(got.how, Bounded)
    assert "d with 3 on 2" in got.how.why[-1]


def test_where_one_queue_is_too_much_on_some_lines_the_bound_is_on_fewer() -> None:
    assert bound(searched((instance(1, 1, 5), instance(2, 1, 8)), (instance(1, 2),))) == (8, 2, 1)


def test_without_any_size_that_was_visited_whole_nothing_is_known() -> None:
    got = searched((instance(2, 1),), (instance(1, 1),))
    assert isinstance(got, Unknown)
    assert any("d with 1 on 1" in r for r in got.reasons)


def test_what_is_missing_is_said_and_outweighs_what_others_prove() -> None:
    proved = RunResult(None, proofs=(_PROVED,), witness="req is served")
    got = judged(proved, RunResult(None, missing="no line can be granted to d"))
    assert got == Vacuous("no line can be granted to d")
