"""Hypothesis strategies for machines: schedules, and programs of several machines.

A schedule is bytes, drawn with its length first: any byte means something, and a shorter schedule
is a simpler one.

    from hypothesis import given
    from model.strategies import schedules

    @given(schedules())
    def test_nothing_is_lost(schedule):
        assert play(machine, schedule).kind == ""
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from model.design.design import Design
from model.machine.machine import Machine
from model.meaning.instance import Instance, Setting
from model.record import dataclass

LONGEST = 96


def schedules(max_size: int = LONGEST) -> st.SearchStrategy[bytes]:
    """Who steps, byte by byte."""
    return st.integers(0, max_size).flatmap(lambda n: st.binary(min_size=n, max_size=n))


@dataclass(frozen=True, slots=True)
class Program:
    """One of several machines, and a schedule for it."""

    machine: int
    schedule: bytes


def programs(machines: int, max_size: int = LONGEST) -> st.SearchStrategy[Program]:
    """A program for one of so many machines."""
    return st.builds(Program, st.integers(0, machines - 1), schedules(max_size))


def machines(design: Design, settings: Sequence[Setting]) -> st.SearchStrategy[Machine]:
    """A machine of a design for one of some values, with some of its sources active."""

    def made(setting: Setting) -> st.SearchStrategy[Machine]:
        names = sorted(r.name for r in Instance(design, setting).sources)
        active = st.sets(st.sampled_from(names), min_size=1) if names else st.just(set[str]())
        return active.map(lambda some: Machine(design, setting, frozenset(some)))

    return st.sampled_from(list(settings)).flatmap(made)


def designs(
    read: Callable[[str], Design], texts: st.SearchStrategy[str]
) -> st.SearchStrategy[Design]:
    """Designs read from drawn texts: the language belongs to whoever reads it."""
    return texts.map(read)
