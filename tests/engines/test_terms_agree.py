"""One meaning: what the evaluator says of a formula, Z3 says too."""

from __future__ import annotations

import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.engines.z3_terms import Terms
from model import expr as e

BOOLS = ("p", "q")
INTS = ("x", "y", "z")

booleans: st.SearchStrategy[e.Expr] = st.deferred(
    lambda: st.one_of(
        st.booleans().map(e.Lit),
        st.sampled_from(BOOLS).map(lambda n: e.Var(n, True)),
        st.builds(e.Not, booleans),
        st.lists(booleans, max_size=3).map(lambda a: e.And(tuple(a))),
        st.lists(booleans, max_size=3).map(lambda a: e.Or(tuple(a))),
        st.builds(e.Eq, integers, integers),
        st.builds(e.Eq, booleans, booleans),
        st.builds(e.Less, integers, integers),
        st.builds(e.Ite, booleans, booleans, booleans),
    )
)
integers: st.SearchStrategy[e.Expr] = st.deferred(
    lambda: st.one_of(
        st.integers(-3, 5).map(e.Lit),
        st.sampled_from(INTS).map(e.Var),
        st.lists(integers, max_size=3).map(lambda a: e.Add(tuple(a))),
        st.builds(e.Mul, integers, integers),
        st.builds(e.Div, integers, integers),
        st.builds(e.Mod, integers, integers),
        st.builds(e.Ite, booleans, integers, integers),
    )
)
environments = st.fixed_dictionaries(
    {**{n: st.booleans() for n in BOOLS}, **{n: st.integers(-4, 9) for n in INTS}}
)


def _fix(terms: Terms, env: dict[str, bool | int]) -> list[z3.BoolRef]:
    return [terms.variable(e.Var(n, isinstance(v, bool))) == v for n, v in env.items()]


@settings(max_examples=60, deadline=None)
@given(st.one_of(booleans, integers), environments)
def test_z3_and_the_evaluator_agree(formula: e.Expr, env: dict[str, bool | int]) -> None:
    try:
        want = e.value(formula, env)
    except e.Undefined:
        return  # Nothing is promised there; hazards are what `partial` is about.
    if any(not _total(x, env) for x in e.walk(formula)):
        return  # Z3 has no lazy evaluation: an undefined part that is not reached may differ.
    terms = Terms(z3.Context())
    term = terms.term(formula)
    solver = z3.Solver(ctx=terms.ctx)
    solver.add(*_fix(terms, env), *terms.linear, *terms.products)
    solver.add(term != want)
    assert solver.check() == z3.unsat


def _total(x: e.Expr, env: dict[str, bool | int]) -> bool:
    if not isinstance(x, e.Div | e.Mod):
        return True
    try:
        e.value(x, env)
    except e.Undefined:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(st.one_of(booleans, integers), environments)
def test_partial_names_where_evaluation_fails(formula: e.Expr, env: dict[str, bool | int]) -> None:
    fails = False
    try:
        e.value(formula, env)
    except e.Undefined:
        fails = True
    reached = []
    for given_, node in e.partial(formula):
        try:
            if e.value(given_, env) and not e.value(e.defined(node), env):
                reached.append(node)
        except e.Undefined:
            continue  # An operand failed before this one; that one is in the list too.
    assert bool(reached) == fails


@settings(max_examples=50, deadline=None)
@given(st.one_of(booleans, integers), environments)
def test_rebuilding_keeps_the_value(formula: e.Expr, env: dict[str, bool | int]) -> None:
    def rebuilt(x: e.Expr) -> e.Expr:
        return e.rebuild(x, rebuilt)

    def outcome(x: e.Expr) -> object:
        try:
            return e.value(x, env)
        except e.Undefined:
            return "undefined"

    assert outcome(rebuilt(formula)) == outcome(formula)


@settings(max_examples=50, deadline=None)
@given(integers, integers, environments)
def test_substitution_is_evaluation_in_another_environment(
    formula: e.Expr, by: e.Expr, env: dict[str, bool | int]
) -> None:
    try:
        inner = e.value(by, env)
        want = e.value(formula, {**env, "x": inner})
    except e.Undefined:
        return
    assert e.value(e.substitute(formula, {"x": by}), env) == want
