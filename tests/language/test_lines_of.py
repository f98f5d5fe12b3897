"""How many lines a controller has: ranges are counted, never spelled out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checker.language.elaborate_devices import lines_of
from model.design.device import Controller, Interval, Trigger
from model.expr import Lit, Var
from model.span import Source, Span

HERE = Span(Source("x.vq", ""), 0, 0)
ranges = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def _intervals(some: list[tuple[int, int]]) -> tuple[Interval, ...]:
    return tuple(Interval(Lit(lo), Lit(hi), HERE) for lo, hi in some)


def _controller(lines: tuple[Interval, ...], reserved: tuple[Interval, ...]) -> Controller:
    return Controller("gic", Trigger.EDGE, lines, reserved, False, HERE)


@given(ranges, ranges)
def test_each_line_that_is_not_reserved_counts_once(
    lines: list[tuple[int, int]], reserved: list[tuple[int, int]]
) -> None:
    def numbers(some: list[tuple[int, int]]) -> set[int]:
        return {n for lo, hi in some for n in range(lo, hi + 1)}

    count = lines_of(_controller(_intervals(lines), _intervals(reserved)))
    assert count == len(numbers(lines) - numbers(reserved))


def test_many_lines_are_no_more_work_than_few() -> None:
    assert lines_of(_controller(_intervals([(0, 10**18)]), _intervals([(5, 6)]))) == 10**18 - 1


def test_what_depends_on_a_parameter_is_not_counted() -> None:
    loose = Interval(Lit(0), Var("n"), HERE)
    assert lines_of(_controller((loose,), ())) is None
    assert lines_of(_controller(_intervals([(0, 3)]), (loose,))) is None
