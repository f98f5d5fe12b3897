"""Whether CPUs have pairs alike, decided for all values, and by trying them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checker.options import Options
from checker.verdict.verdict import outcome
from checker.verify import verify

_TEXT = """
param n in 1..{most}
{param}
platform p {{ cpus {cpus}; controller c : edge {{ lines 0..63 }} }}
device_type d(n: 1..64) {{
  id 1
  queue rx[i in {lo}..n-1+{lo}] at 2*i {{ role rx }}
  queue tx[i in {lo}..n-1+{lo}] at 2*i + 1 {{ role tx }}
  pair rx[i] with tx[i]
}}
transport t {{
  map in driver {{ queue q -> line {line} }}
  map in device {{ programmed }}
  signal queue w {{ raise line(w) }}
  handler h on line m {{ for z on m {{ service z }} }}
}}
device d0 : d(n) on t {{ lines {lines}  affinity {affinity} }}
check pair_affinity
"""
_MOST = 9

Where = Callable[[int, int, int], int]
"""A line or a CPU, of `nth` or of the line, the number of lines and of CPUs."""


def by_trying(
    cpus: range, lines: Callable[[int, int], range], lo: int, line: Where, cpu: Where, by: str
) -> bool:
    """Whether some values put two pairs on one CPU and none on another."""
    return any(
        _crowded(n, c, granted, lo, line, cpu, by)
        for c in cpus
        for n in range(1, _MOST + 1)
        for granted in lines(n, c)
    )


def _crowded(n: int, c: int, granted: int, lo: int, line: Where, cpu: Where, by: str) -> bool:
    on: Counter[int] = Counter()
    for nth in range(lo, n + lo):
        try:
            at = line(nth, granted, c)
            on[cpu(nth if by == "queue q" else at, granted, c)] += 1
        except ZeroDivisionError:  # Without a line it is nowhere.
            continue
    return max(on.values(), default=0) > 1 and any(on[k] == 0 for k in range(c))


_LINES: dict[str, tuple[str, Where]] = {
    "own": ("q.nth", lambda i, n, c: i),
    "shared": ("q.nth % lines", lambda i, n, c: i % n),
    "after the first": ("1 + q.nth % (lines - 1)", lambda i, n, c: 1 + i % (n - 1)),
    "the first": ("0", lambda i, n, c: 0),
}
_CPUS: dict[str, tuple[str, Where]] = {
    "in turn": ("{x} % cpus", lambda x, n, c: x % c),
    "from 1": ("({x} + 1) % cpus", lambda x, n, c: (x + 1) % c),
    "from 3": ("({x} + 3) % cpus", lambda x, n, c: (x + 3) % c),
    "by fives": ("(3 + 5*{x}) % cpus", lambda x, n, c: (3 + 5 * x) % c),
    "by twos": ("2*{x} % cpus", lambda x, n, c: 2 * x % c),
    "two side by side": ("{x} / 2 % cpus", lambda x, n, c: x // 2 % c),
    "not the last": ("{x} % (cpus - 1)", lambda x, n, c: x % (c - 1)),
    "the first": ("0", lambda x, n, c: 0),
}
_GRANTS: dict[str, tuple[str, Callable[[int, int], range]]] = {
    "each": ("n + 1", lambda n, c: range(n + 1, n + 2)),
    "few": ("2..5", lambda n, c: range(2, 6)),
    "enough": ("cpus + 1..7", lambda n, c: range(c + 1, 8)),
}


def _cases() -> Iterator[tuple[str, int, str, str, str, str, int]]:
    for cpu in _CPUS:
        for cpus in (2, 3, 4):
            yield "queue q", cpus, "", "own", cpu, "each", cpus % 2
        yield "line l", 3, "", "shared", cpu, "few", 0
        yield "line l", 4, "", "shared", cpu, "enough", 1
        yield "line l", 2, "", "after the first", cpu, "few", 0
        yield "line l", 4, "", "after the first", cpu, "enough", 0
    yield "line l", 1, "", "the first", "in turn", "few", 0
    for cpu in ("in turn", "from 1", "by twos"):
        yield "queue q", 4, "param c in 2..4", "own", cpu, "each", 0
        yield "line l", 4, "param c in 2..4", "shared", cpu, "enough", 0
    yield "line l", 4, "param c in 2..4", "after the first", "in turn", "enough", 0


@pytest.mark.parametrize(("by", "cpus", "param", "line", "cpu", "grant", "lo"), list(_cases())[::2])
def test_it_is_what_is_found_by_trying(
    tmp_path: Path, by: str, cpus: int, param: str, line: str, cpu: str, grant: str, lo: int
) -> None:
    path = tmp_path / "some.vq"
    some = "c" if param else str(cpus)
    text = _CPUS[cpu][0].format(x="q.nth" if by == "queue q" else "l")
    path.write_text(
        _TEXT.format(
            most=_MOST, param=param, cpus=some, lo=lo, line=_LINES[line][0],
            lines=_GRANTS[grant][0].replace("cpus", some), affinity=f"{by} -> cpu {text}",
        ), encoding="utf-8",
    )  # fmt: skip
    report = verify(path, Options())
    assert [d for d in report.diagnostics if d.is_error] == []
    (said,) = (outcome(x.verdict) for x in report.lines)
    counts = range(2 if param else cpus, cpus + 1)
    bad = by_trying(counts, _GRANTS[grant][1], lo, _LINES[line][1], _CPUS[cpu][1], by)
    assert said == ("violated" if bad else "holds")
