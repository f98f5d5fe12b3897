"""Invariants in words: the values of a number are told together, and nothing is lost by it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from checker.report.invariants import _told, invariants

HI = 3
BOUNDS: list[Any] = [["not", ["<", "x", "0"]], ["not", ["<", str(HI), "x"]]]

values = st.integers(0, HI).map(lambda n: ["=", "x", str(n)])
swapped = st.integers(0, HI).map(lambda n: ["=", str(n), "x"])
numbers = st.one_of(values, swapped)
sets = st.lists(numbers, min_size=1, max_size=3).map(lambda some: ["or", *some])
about_x = st.one_of(numbers, sets)
literals = st.one_of(
    about_x,
    about_x.map(lambda e: ["not", e]),
    st.sampled_from([["p"], ["q"]]).map(lambda e: e[0]),
    st.sampled_from(["p", "q"]).map(lambda e: ["not", e]),
)
clauses = st.lists(literals, min_size=1, max_size=5).map(
    lambda some: some[0] if len(some) == 1 else ["or", *some]
)


def _holds(e: Any, env: dict[str, Any]) -> bool:
    if isinstance(e, str):
        return bool(env[e])
    match e:
        case ["not", x]:
            return not _holds(x, env)
        case ["or", *parts]:
            return any(_holds(x, env) for x in parts)
        case ["in", name, *some]:
            return env[name] in some
        case ["=", a, b]:
            return _number(a, env) == _number(b, env)
        case ["<", a, b]:
            return _number(a, env) < _number(b, env)
    raise AssertionError(e)


def _number(a: str, env: dict[str, Any]) -> int:
    return int(a) if a.isdigit() else int(env[a])


@given(st.lists(clauses, max_size=4))
def test_what_is_told_is_what_was_asserted(some: list[Any]) -> None:
    told = _told([*BOUNDS, *some])
    for x in range(HI + 1):
        for p in (False, True):
            for q in (False, True):
                env = {"x": x, "p": p, "q": q}
                assert all(_holds(e, env) for e in told) == all(_holds(e, env) for e in some)


def test_a_clause_over_bits_is_read_as_values() -> None:
    script = """; c: the invariant excludes what is bad
; the invariant
(assert (and (not (< at 0)) (not (< 4 at))
  (or (not (or (= at 1) (= at 3))) (not (or (= at 2) (= at 3))) |line.pending|)
  (or (= at 1) (not (= at 1)))
  (or |line.pending| (not |unseen|))))
(assert bad)
"""
    (found,) = invariants({"a.smt2": script})
    assert found.conditions == (
        "at in 0..4",
        "if at = 3 then line.pending",
        "if unseen then line.pending",
    )
