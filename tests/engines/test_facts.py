"""What is known of a fact that is not decided is known in every abstraction of the system."""

import pytest

from checker.engines import horn
from model.expr import FALSE, TRUE, Lit, Var, conj, equal, negate
from model.kernel.project import Projected, count, forget
from model.kernel.system import Cell, Source, Step, System

_FACT = Var("fact", True)
_WORK = Var("work", True)
_AT = Var("device.at", False)


def _served_where(known: object) -> System:
    """A source whose handler serves it only if a fact is so; a peer that does nothing to it."""
    handler_serves = conj(_WORK, _FACT)
    steps = (
        Step("device", "publish", equal(_AT, Lit(0)), (("work", TRUE),), produces=True),
        Step("handler", "serve", handler_serves, (("work", FALSE),), enters=True),
        Step("peer", "nothing", TRUE, (("other", TRUE),)),
    )
    cells = (
        Cell("work", False),
        Cell("other", False),
        Cell("fact", None),
        Cell("device.at", 0, 0, 0, is_bool=False),
    )
    return System(cells, steps, (Source("source", _WORK),), where=known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "take",
    [
        forget,
        lambda s, own: count(s, own, how_many=False),
        lambda s, own: count(s, own, how_many=True),
    ],
)
@pytest.mark.parametrize(
    ("known", "proved"), [(_FACT, True), (negate(_FACT), False), (TRUE, False)]
)
def test_what_is_known_of_a_fact_survives(take: object, known: object, proved: bool) -> None:
    made: Projected = take(_served_where(known), {"device", "handler"})  # type: ignore[operator]
    found = horn.prove(made.system, [min(horn.RLIMITS)])
    assert isinstance(found, horn.Invariant) == proved
