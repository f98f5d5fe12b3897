"""Steps as functions are the steps: what `enabled` and `take` say of a state, in the same order."""

from __future__ import annotations

import random

import pytest

from model.expr import And, Eq, Expr, Ite, Less, Lit, Not, Or, Value, Var, value
from model.kernel.compile import (
    move,
    places,
    predicate,
    predicate_bits,
    successors,
    successors_bits,
)
from model.kernel.system import Cell, Step, System, enabled, take

FLAGS = [Var(n, True) for n in ("a", "b", "c", "d")]
PLACES = [Var("x.at"), Var("y.at")]
BOOLS = tuple(Cell(v.name, False) for v in FLAGS)
NUMBERS = tuple(Cell(v.name, 0, 0, 3, is_bool=False) for v in PLACES)


def truth(rng: random.Random, *, numbers: bool, deep: int = 3) -> Expr:
    """A condition."""
    kind = rng.randrange(8 if deep else 3)
    if kind < 2:
        return rng.choice(FLAGS)
    if kind == 2:
        return Less(rng.choice(PLACES), Lit(2)) if numbers else Lit(rng.random() < 0.5)
    a, b, c = (truth(rng, numbers=numbers, deep=deep - 1) for _ in range(3))
    some = (a, b, c)[: rng.randrange(4)]
    made: list[Expr] = [Not(a), And(some), Or(some), Eq(a, b), Ite(a, b, c)]
    return made[kind - 3]


def literal(rng: random.Random, *, numbers: bool) -> Expr:
    """What is looked at once for all steps of an agent."""
    if numbers and rng.random() < 0.5:
        return Eq(rng.choice(PLACES), Lit(rng.randrange(4)))
    v = rng.choice(FLAGS)
    return v if rng.random() < 0.5 else Not(v)


def step(rng: random.Random, *, numbers: bool) -> Step:
    """A step of one of two agents."""
    guard = [literal(rng, numbers=numbers) for _ in range(rng.randrange(5))]
    guard += [truth(rng, numbers=numbers) for _ in range(rng.randrange(2))]
    writes = {v.name: truth(rng, numbers=numbers) for v in FLAGS if rng.random() < 0.4}
    if numbers and rng.random() < 0.5:
        writes["x.at"] = Ite(truth(rng, numbers=True), Lit(rng.randrange(4)), PLACES[1])
    whole = guard[0] if len(guard) == 1 else And(tuple(guard))
    return Step(rng.choice("xy"), "steps", whole, tuple(writes.items()))


@pytest.mark.parametrize("seed", range(4))
def test_steps_are_what_they_do(seed: int) -> None:
    rng = random.Random(seed)
    at = places(System((*BOOLS, *NUMBERS), ()))
    taken = 0
    for _ in range(60):
        steps = [step(rng, numbers=True) for _ in range(rng.randrange(9))]
        bad = truth(rng, numbers=True)
        run, is_bad = successors(steps, at), predicate(bad, at)
        for _ in range(10):
            flags: list[Value] = [rng.random() < 0.5 for _ in FLAGS]
            state = (*flags, *(rng.randrange(4) for _ in PLACES))
            env = dict(zip(at, state, strict=True))
            want = [
                (k, tuple(take(s, env).values())) for k, s in enumerate(steps) if enabled(s, env)
            ]
            assert run(state) == want
            ones = [move(s, at)(state) for s in steps]
            assert [(k, n) for k, n in enumerate(ones) if n is not None] == want
            assert is_bad(state) == value(bad, env)
            taken += len(want)
    assert taken > 300


@pytest.mark.parametrize("seed", range(4))
def test_steps_over_bits_are_what_they_do(seed: int) -> None:
    rng = random.Random(seed)
    at = places(System(BOOLS, ()))
    taken = 0
    for _ in range(60):
        steps = [step(rng, numbers=False) for _ in range(rng.randrange(9))]
        bad = truth(rng, numbers=False)
        run, is_bad = successors_bits(steps, at), predicate_bits(bad, at)
        for state in range(1 << len(at)):
            env: dict[str, Value] = {n: bool(state >> k & 1) for n, k in at.items()}
            ends = (take(s, env) for s in steps if enabled(s, env))
            want = [sum(1 << at[n] for n, v in end.items() if v) for end in ends]
            assert run(state) == want
            assert is_bad(state) == value(bad, env)
            taken += len(want)
    assert taken > 300
