"""Formulas as functions, and those evaluated often, have the values that they have."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from model.expr import (
    Add,
    And,
    Div,
    Eq,
    Expr,
    Ite,
    Less,
    Lit,
    Mod,
    Mul,
    Not,
    Or,
    Tally,
    Undefined,
    Value,
    Var,
    value,
)
from model.kernel.compile import formula
from model.meaning.often import Formulas

NAMES = ("q.index", "param.it's", "lines")
leaf: st.SearchStrategy[Expr] = st.sampled_from([*map(Var, NAMES), *map(Lit, range(-2, 4))])


def _larger(n: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    some = st.lists(n, max_size=3).map(tuple)
    conditions = some.map(lambda x: tuple(Less(Lit(0), e) for e in x))
    tests: st.SearchStrategy[Expr] = st.one_of(
        st.builds(Eq, n, n), st.builds(Less, n, n), st.builds(Not, st.builds(Less, n, n)),
        st.builds(And, conditions), st.builds(Or, conditions),
    )  # fmt: skip
    return st.one_of(
        st.builds(Add, some), st.builds(Mul, n, n), st.builds(Div, n, n), st.builds(Mod, n, n),
        st.builds(Ite, tests, n, n),
    )  # fmt: skip


numbers = st.recursive(leaf, _larger, max_leaves=12)
environments = st.fixed_dictionaries({n: st.integers(-3, 5) for n in NAMES})


def _outcome(call: object, *args: object) -> tuple[object, ...]:
    assert callable(call)
    try:
        return ("value", call(*args))
    except Undefined as e:
        return ("undefined", e.node, e.left, e.right)


@given(numbers, environments)
def test_a_formula_is_the_function_made_of_it(e: Expr, env: dict[str, Value]) -> None:
    assert _outcome(formula(e), env) == _outcome(value, e, env)


@given(numbers, st.lists(environments, min_size=30, max_size=30))
def test_the_thirtieth_value_is_made_as_the_first(e: Expr, some: list[dict[str, Value]]) -> None:
    formulas = Formulas(lambda x, env: x)
    for env in some:
        assert _outcome(formulas.value, e, env) == _outcome(value, e, env)


def test_a_tally_is_settled_each_time() -> None:
    def settle(e: Expr, env: Mapping[str, Value]) -> Expr:
        return Add((Lit(40), Var("x")))

    formulas, tally = Formulas(settle), Tally(Lit(True))
    assert [formulas.value(tally, {"x": k}) for k in range(50)] == [40 + k for k in range(50)]


def test_one_too_deep_for_python_is_evaluated_all_the_same() -> None:
    e: Expr = Var("x")
    for _ in range(300):
        e = Add((Lit(1), e))
    formulas = Formulas(lambda x, env: x)
    assert {formulas.value(e, {"x": 2}) for _ in range(40)} == {302}
