"""A division in a program is defined wherever the program gets to it, or the text is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.options import Options
from checker.verify import verify

_TEXT = """
param n in 1..8
param k in 0..3
platform p {{ cpus 1; controller c : edge {{ lines 0..7 }} }}
device_type d {{ id 1; queue q[i in 0..n-1] at i {{ role rx }} }}
transport t {{
  register status {{ USED }}
  map in driver {{ queue q -> line 0; request line 0 with h }}
  map in device {{ queue q -> line 0 }}
  signal queue w {{ {signal}; set status.USED; raise line(w) }}
  handler h on line m {{
    s = read status
    clear status s
    for z in queues {{ {handler}; service z }}
  }}
}}
device d0 : d on t {{ lines {lines} }}
check no_lost_notifications
"""


def errors(folder: Path, signal: str = "", handler: str = "", lines: str = "1") -> list[str]:
    path = folder / "some.vq"
    path.write_text(_TEXT.format(signal=signal, handler=handler, lines=lines), encoding="utf-8")
    return [f"{d.code} {d.headline}" for d in verify(path, Options()).diagnostics if d.is_error]


@pytest.mark.parametrize(
    ("signal", "handler", "lines", "expected"),
    [
        ("if w.index % k == 0 { fence }", "", "1", "division by zero (for n = 1, k = 0)"),
        ("", "x = z.index / k", "1", "division by zero (for n = 1, k = 0)"),
        ("", "x = m / (z.index - 2)", "1", "undefined operation (for n = 1, k = 0)"),
        ("", "for y in queues where z.index / (5 - y.index) == 0 { fence }", "1",
         "division by zero (for n = 6, k = 0)"),
        ("if w.index % lines == 0 { fence }", "", "0..1", "division by zero (for n = 1, k = 0)"),
    ],
)  # fmt: skip
def test_it_is_an_error_of_the_text(
    tmp_path: Path, signal: str, handler: str, lines: str, expected: str
) -> None:
    assert errors(tmp_path, signal, handler, lines) == [f"VQ0505 {expected}"]


@pytest.mark.parametrize(
    ("signal", "handler", "lines"),
    [
        ("if k > 0 { if w.index % k == 0 { fence } }", "", "1"),
        ("if k == 0 { fence } else { x = w.index / k }", "", "1"),
        ("", "if z.index < 5 { x = m / (5 - z.index) }", "1"),
        ("", "x = z.index % lines", "0..1"),  # A handler runs for a line.
    ],
)
def test_what_is_never_reached_is_none(
    tmp_path: Path, signal: str, handler: str, lines: str
) -> None:
    assert errors(tmp_path, signal, handler, lines) == []


_OTHERS = """
param n in 1..8
param k in 0..3
platform p {{ cpus 1; controller c : edge {{ lines 0..7 }} }}
device_type d {{ id 1; queue q[i in 0..n-1] at i {{ role rx }} }}
transport t {{
  map in driver {{ queue q -> line 0; request line 0 with h; {request} }}
  map in device {{ queue q -> line 0 }}
  signal queue w in a {{ {in_a} raise line(w) }}
  signal queue w in b {{ {in_b} raise line(w) }}
  handler h on line m {{ for z in queues {{ service z }} }}
  handler g on line m {{ x = 4 / m }}
}}
device d0 : d on t {{ lines 1..4  mode a }}
check coverage
"""


@pytest.mark.parametrize(
    ("request_", "in_a", "in_b", "is_wrong"),
    [
        # A handler runs for the lines that it was requested for.
        ("request lines 1..lines-1 with g", "", "", False),
        ("request line 0 with g", "", "", True),
        ("request lines 0..lines-1 with g if lines > 1", "", "", True),
        # A signal program runs in its mode.
        ("", "x = n / k", "", True),
        ("", "", "x = n / k", False),
    ],
)
def test_programs_that_never_run_are_not_looked_at(
    tmp_path: Path, request_: str, in_a: str, in_b: str, *, is_wrong: bool
) -> None:
    path = tmp_path / "some.vq"
    text = _OTHERS.format(request=request_, in_a=in_a, in_b=in_b)
    path.write_text(text, encoding="utf-8")
    codes = [d.code for d in verify(path, Options()).diagnostics if d.is_error]
    assert codes == ["VQ0505"] * is_wrong
