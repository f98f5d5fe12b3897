"""Certificates: what they say, who confirms them, and what becomes of a proof that is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import z3

from checker.engines import certify
from checker.engines.certify import Refused, ask_all, certificate
from checker.engines.engine import Budget
from checker.engines.horn import Invariant, prove
from checker.engines.inductive import check, queries
from checker.engines.smtlib import Asserted, query
from checker.verdict.certificate import Certificate, Query
from checker.verdict.judge import certified
from checker.verdict.verdict import Disagree, Holds, Proved, Unknown
from checker.verify import Options, verify
from model.expr import TRUE, Lit, Var, add, equal, less
from model.kernel.system import Cell, Step, System

SPECS = Path(__file__).resolve().parents[2] / "specs"
N = Var("n", False)
COUNTER = System(
    (Cell("n", 0, lo=0, is_bool=False), Cell("on", False)),
    (
        Step("a", "more", TRUE, (("n", add(N, Lit(2))),)),
        Step("a", "on", equal(N, Lit(4)), (("on", TRUE),)),
    ),
    bad=equal(N, Lit(-1)),
)
"""An even number that grows: never -1."""


def _asked(invariant: str, system: System = COUNTER) -> tuple[Query, ...]:
    return queries(system, invariant, "the counter")


def test_an_invariant_is_confirmed_by_both_solvers() -> None:
    found = prove(COUNTER)
    assert isinstance(found, Invariant)
    asked = _asked(found.smtlib)
    made = certificate(asked, ask_all(asked, certify.SOLVERS, 20))
    assert isinstance(made, Certificate)
    assert [s.split()[0] for s in made.solvers] == ["z3", "cvc5"]
    assert made.queries == asked


def test_names_that_smtlib_cannot_spell_are_told_apart() -> None:
    ctx = z3.Context()
    names = ("a|b", "a/b", "a\\b")
    one, two, three = (z3.Int(n, ctx) for n in names)
    same = query("they are equal", [Asserted("", one == 1), Asserted("and yet", one != 1)])
    answers = {c.answer for c in ask_all([same], certify.SOLVERS, 20)}
    assert answers == {"unsat"}
    formulas = [Asserted("", z3.And(one == 1, two == 2, three == 3))]
    assert {c.answer for c in ask_all([query("a", formulas)], certify.SOLVERS, 20)} == {"sat"}


def test_claims_about_devices_are_confirmed() -> None:
    options = Options(properties=("assertions",), certify=certify.SOLVERS)
    report = verify(SPECS / "ccw" / "classic.vq", options)
    (line,) = report.lines
    assert isinstance(line.verdict, Holds), line.verdict


@pytest.mark.parametrize(
    ("invariant", "which"),
    [
        ("(>= n (- 1))", "excludes what is bad"),  # weakened: it does not exclude the bad state
        ("(and (>= n 0) (< n 4))", "every step keeps"),  # too strong: a step leaves it
        ("(>= n 1)", "the start implies"),  # not so at the start
    ],
)
def test_a_condition_that_is_no_invariant_is_refused(invariant: str, which: str) -> None:
    asked = _asked(invariant)
    found = certificate(asked, ask_all(asked, certify.SOLVERS, 20))
    assert isinstance(found, Refused)
    assert {c.solver.split()[0] for c in found.checks} == {"z3", "cvc5"}
    assert all(which in c.query.proves and c.answer == "sat" for c in found.checks)
    assert which in check(COUNTER, invariant)
    verdict = certified(Holds(Proved("all"), "", ()), found)
    assert isinstance(verdict, Disagree)
    assert which in verdict.first
    assert "has a model" in verdict.second


def test_a_system_with_another_step_is_another_question() -> None:
    down = Step("a", "less", less(Lit(0), N), (("n", add(N, Lit(-3))),))
    changed = replace(COUNTER, steps=(*COUNTER.steps, down))
    assert not check(COUNTER, "(>= n 0)")
    assert check(changed, "(>= n 0)").startswith("every step keeps")


def test_no_answer_leaves_a_proof_unconfirmed() -> None:
    wrong = replace(_asked("(>= n 0)")[0], smtlib="(assert (and)")
    found = certificate([wrong], ask_all([wrong], certify.SOLVERS, 20))
    assert isinstance(found, Refused)
    assert found.contradicts is None
    verdict = certified(Holds(Proved("all"), "", ()), found)
    assert isinstance(verdict, Unknown)
    assert all("not confirmed" in r for r in verdict.reasons)


def test_nothing_asserted_is_not_confirmed() -> None:
    empty = Query("nothing", "(set-logic QF_LIA)\n(check-sat)\n")
    checks = ask_all([empty], certify.SOLVERS, 20)
    assert [c.answer for c in checks] == ["nothing is asserted"] * 2


def test_a_proof_without_questions_is_not_certified() -> None:
    assert isinstance(certificate((), ()), Refused)


def test_a_solver_that_dies_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certify, "_CHILD", Path("no such file"))
    asked = _asked("(>= n 0)")
    found = certificate(asked, ask_all(asked, ("z3",), 20))
    assert isinstance(found, Refused)
    assert len(found.checks) == 3
    assert all("ended with status" in c.answer for c in found.checks)


@pytest.mark.parametrize("design", ["mmio_multi_irq/group_lines.vq", "handshake/packed_batch.vq"])
def test_every_proof_of_a_design_is_certified(design: str) -> None:
    report = verify(SPECS / design, Options(Budget(), 2, certify=certify.SOLVERS))
    proved = [line.verdict.how for line in report.lines if isinstance(line.verdict, Holds)]
    assert proved
    for how in proved:
        assert isinstance(how, Proved)
        assert how.certificate is not None
