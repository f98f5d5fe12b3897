"""Mapping questions: proved with the facts needed, or refuted with the smallest values."""

from __future__ import annotations

from dataclasses import replace

from checker.engines.engine import Answer, Budget, GaveUp, Goal, Obligation, Sat, Unsat
from checker.engines.mapping import work
from model.expr import Div, Lit, Mod, Var, add, at_most, between, conj, equal, less, mul, negate
from model.meaning.fact import Fact

X, N, K = Var("x"), Var("n"), Var("i")


def _ask(goal: Goal, budget: Budget | None = None) -> Answer:
    return work(Obligation("test", "", (goal,)), budget or Budget()).answers[0]


def test_a_core_names_only_the_facts_needed() -> None:
    facts = (
        Fact("low", at_most(Lit(1), X)),
        Fact("high", at_most(X, Lit(9))),
        Fact("other", equal(N, Lit(3))),
    )
    assert _ask(Goal("positive", facts, less(X, Lit(1)))) == Unsat(("low",))


def test_the_values_are_the_smallest_in_the_order_shown() -> None:
    facts = (Fact("sum", equal(add(X, N), Lit(10))), Fact("x", between(Lit(2), X, Lit(8))))
    goal = Goal("any", facts, at_most(Lit(0), N), ("x", "n"))
    assert _ask(goal) == Sat({"x": 2, "n": 8})
    assert _ask(replace(goal, show=("n", "x"))) == Sat({"x": 8, "n": 2})


def test_preferences_are_met_where_they_can_be() -> None:
    facts = (Fact("x", between(Lit(2), X, Lit(8))),)
    goal = Goal("any", facts, at_most(Lit(0), X), ("x",), prefer=(less(Lit(5), X),))
    assert _ask(goal) == Sat({"x": 6})
    goal = Goal("any", facts, at_most(Lit(0), X), ("x",), prefer=(less(Lit(50), X),))
    assert _ask(goal) == Sat({"x": 2})


def test_a_remainder_by_a_variable_is_below_it() -> None:
    facts = (Fact("n", at_most(Lit(1), N)), Fact("i", at_most(Lit(0), K)))
    inside = conj(at_most(Lit(0), Mod(K, N)), less(Mod(K, N), N))
    answer = _ask(Goal("inside", facts, negate(inside)))
    assert isinstance(answer, Unsat)


def test_nothing_is_assumed_of_a_division_by_zero() -> None:
    facts = (Fact("n", equal(N, Lit(0))), Fact("i", at_most(Lit(0), K)))
    assert isinstance(_ask(Goal("zero", facts, equal(Mod(K, N), Lit(7)), ("i",))), Sat)


def test_products_are_used_where_the_linear_part_does_not_suffice() -> None:
    facts = (Fact("n", equal(N, Lit(7))), Fact("i", equal(K, Lit(30))))
    assert isinstance(_ask(Goal("rest", facts, negate(equal(Mod(K, N), Lit(2))))), Unsat)
    assert isinstance(_ask(Goal("quotient", facts, negate(equal(Div(K, N), Lit(4))))), Unsat)


def test_a_used_up_budget_is_no_answer() -> None:
    hard = equal(add(mul(mul(X, X), X), mul(mul(N, N), N)), add(mul(mul(K, K), K), Lit(33)))
    answer = _ask(Goal("hard", (), hard), Budget(rlimit=2000))
    assert isinstance(answer, GaveUp)
    assert "2,000" in answer.reason


def test_a_screen_without_model_spares_the_goals_behind_it() -> None:
    facts = (Fact("x", at_most(Lit(1), X)),)
    screen = Goal("screen", facts, less(X, Lit(1)), screens=True)
    behind = Goal("behind", facts, less(X, Lit(0)), screen=0)
    answers = work(Obligation("test", "", (screen, behind)), Budget()).answers
    assert answers == (Unsat(("x",)), Unsat(("x",)))


def test_the_same_question_gets_the_same_answer() -> None:
    facts = (Fact("x", between(Lit(2), X, Lit(800))), Fact("n", between(Lit(1), N, Lit(9))))
    goal = Goal("any", facts, equal(Mod(X, N), Lit(3)), ("n", "x"))
    assert _ask(goal) == _ask(goal) == Sat({"x": 3, "n": 4})


def test_goals_of_one_obligation_do_not_share_what_stands_for_a_division() -> None:
    """The same formula object stands for other quotients where a goal has other divisions."""
    first = Fact("first", equal(X, Mod(K, N)))
    again = Fact("again", equal(Var("y"), Mod(K, N)))
    before = Fact("before", equal(Var("z"), Mod(add(K, Lit(1)), N)))
    known = (Fact("n", at_most(Lit(1), N)), Fact("k", at_most(Lit(0), K)))
    apart = negate(equal(X, Var("y")))
    one = Goal("one", (*known, first, again), apart)
    two = Goal("two", (*known, before, first, again), apart)
    answers = work(Obligation("test", "", (one, two)), Budget()).answers
    assert [isinstance(a, Unsat) for a in answers] == [True, True]
    three = Goal("three", (*known, before, again), negate(equal(Var("z"), Var("y"))), ("n", "k"))
    answers = work(Obligation("test", "", (one, three)), Budget()).answers
    assert isinstance(answers[1], Sat)


def test_what_was_asked_before_in_this_process_changes_nothing() -> None:
    facts = (Fact("x", between(Lit(2), X, Lit(800))), Fact("n", at_most(Lit(1), N)))
    goal = Goal("any", facts, equal(Mod(X, N), Div(X, N)), ("x", "n"))
    first = work(Obligation("test", "", (goal,)), Budget())
    _ask(replace(goal, bad=less(Mod(X, Lit(7)), Div(N, K)), show=("n",)))
    again = work(Obligation("test", "", (goal,)), Budget())
    assert (again.answers, again.rlimit_used) == (first.answers, first.rlimit_used)
