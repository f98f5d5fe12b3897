"""Programs drawn at random: the search, the unrolling, the proofs and an interpreter of its own.

`designs.py` draws and writes them, `oracle.py` says once more what they do, `laws.py` has what must
be so. A design that breaks a law is made small by Hypothesis.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from model.design import design as model
from tests.agreement import laws
from tests.agreement.designs import Design, Register, designs, text


def drawn(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("designs")


@drawn(1000)
@given(designs(), st.integers(0, 99))
def test_what_is_lost_is_what_an_interpreter_loses(folder: Path, d: Design, seed: int) -> None:
    made = read(d, folder)
    some = list(laws.small(d, made, queues=2, active=2))
    for x in random.Random(seed).sample(some, min(2, len(some))):
        event(f"{len(x.active)} active")
        wrong = laws.with_oracle(d, x, most=400)
        if not wrong and seed < 4:
            wrong = laws.with_bounded(x, deepest=9, most=400)
        assert not wrong, f"{wrong}\n{text(d)}"


@drawn(200)
@given(designs())
def test_what_is_proved_of_a_case_is_so_in_every_small_instance(folder: Path, d: Design) -> None:
    wrong, count = laws.cases(d, read(d, folder), most=1_000)
    event(f"{count} cases are proved")
    assert not wrong, f"{wrong}\n{text(d)}"


def read(d: Design, folder: Path) -> model.Design:
    try:
        return laws.read(d, folder)
    except laws.Refused as e:
        event(f"refused: {e.codes}")
        assume(False)
        raise


SERVE = (("for", "q", None, None, (("service", "q"),)),)


def test_a_pulse_of_a_level_line_is_proved_where_it_wakes_the_handler(folder: Path) -> None:
    # The focus once asked whether a handler of another name was in service: of a cell not there.
    d = Design(
        trigger="level",
        registers=(Register("status", ("A",)),),
        signal=(("pulse", ("of", "q")),),
        handlers=(SERVE,),
    )
    assert laws.ask(laws.read(d, folder)).verdict is not None
