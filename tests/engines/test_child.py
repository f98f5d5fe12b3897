"""How a child can end is an answer, never a verdict and never a crash of the parent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import z3

from checker.engines import contexts
from checker.engines.child import Asked, run_all
from checker.engines.engine import Answered, Budget, Crashed, GaveUp, Goal, Obligation, Unsat
from model.expr import FALSE

GOAL = Goal("nothing", (), FALSE)


def _obligation(name: str) -> Obligation:
    return Obligation("test", name, (GOAL, GOAL))


def _work(o: Asked, budget: Budget) -> Answered:
    match o.subject:
        case name if name.startswith("sleeps "):
            asleep = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            Path(name.removeprefix("sleeps ")).write_text(str(asleep.pid))
            asleep.wait()
        case "eats":
            hold = [bytearray(64 << 20) for _ in range(1000)]
            return Answered((Unsat((str(len(hold)),)),), 0.0)
        case "dies":
            os.kill(os.getpid(), 11)
        case "raises":
            raise ValueError("broken engine")
        case "leaves":
            os._exit(3)
        case _:
            pass
    return Answered((Unsat(()), Unsat(())), 0.0)


def _reasons(name: str, budget: Budget) -> list[str]:
    (done,) = run_all([_obligation(name)], _work, budget, 1)
    assert isinstance(done.answered, Answered)
    return [a.reason for a in done.answered.answers if isinstance(a, GaveUp)]


def _dies(pid: int) -> bool:
    """Whether the process is gone, or a zombie that only waits for init.

    A signal is delivered when the process runs next: on a busy machine that takes a while.
    """
    for _ in range(300):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.1)
    return False


def test_an_answer_comes_back() -> None:
    (done,) = run_all([_obligation("fine")], _work, Budget(), 1)
    assert isinstance(done.answered, Answered)
    assert done.answered.answers == (Unsat(()), Unsat(()))


def test_a_child_past_its_time_is_killed_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    reasons = _reasons(f"sleeps {note}", Budget(timeout_seconds=2.0))
    assert reasons == ["timed out after 2 s"] * 2
    assert _dies(int(note.read_text()))


def test_memory_beyond_the_limit_is_an_answer() -> None:
    assert _reasons("eats", Budget(memory_mib=1024)) == ["out of memory"] * 2


def test_death_by_a_signal_is_an_answer() -> None:
    assert "SIGSEGV" in _reasons("dies", Budget())[0]


def test_leaving_without_an_answer_is_an_answer() -> None:
    assert "status" in _reasons("leaves", Budget())[0]


def test_an_exception_in_an_engine_is_an_answer_of_its_own() -> None:
    (done,) = run_all([_obligation("raises")], _work, Budget(), 1)
    assert isinstance(done.answered, Crashed)
    assert done.answered.reason == "ValueError: broken engine"
    assert "Traceback" in done.answered.details


def test_answers_are_matched_to_obligations_whatever_the_order() -> None:
    names = ["fine", "dies", "fine", "leaves", "fine"]
    done = {
        f.index: f.answered
        for f in run_all([*map(_obligation, names)], _work, Budget(), 3)
        if isinstance(f.answered, Answered)
    }
    got = [isinstance(done[k].answers[0], Unsat) for k in range(5)]
    assert got == [True, False, True, False, True]


def test_each_child_has_the_context_made_for_it_as_its_first() -> None:
    def next_id(ctx: z3.Context) -> int:
        return int(z3.Z3_get_ast_id(ctx.ref(), z3.Int("x", ctx).ast))

    def work(asked: Asked, budget: Budget) -> Answered:
        first, second = contexts.fresh(), contexts.fresh()
        return Answered((Unsat((str(first.ref().value), str(next_id(first)))),), next_id(second))

    unused = next_id(z3.Context())
    contexts.prepare()
    contexts.prepare()
    done = list(run_all([_obligation("one"), _obligation("other")], work, Budget(), 1))
    kept = contexts.fresh()
    want = Answered((Unsat((str(kept.ref().value), str(unused))),), unused)
    assert [f.answered for f in done] == [want, want]
    assert next_id(kept) == unused
    assert contexts.fresh() is not kept
