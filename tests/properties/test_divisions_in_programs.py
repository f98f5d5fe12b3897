"""A division in a program is defined wherever the program gets to it, or the text is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.options import Options
from checker.verify import verify
from tests.small import HEAD

_TEXT = """
param k in 0..3
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
    text = HEAD + _TEXT.format(signal=signal, handler=handler, lines=lines)
    path.write_text(text, encoding="utf-8")
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
param k in 0..3
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
    text = HEAD + _OTHERS.format(request=request_, in_a=in_a, in_b=in_b)
    path.write_text(text, encoding="utf-8")
    codes = [d.code for d in verify(path, Options()).diagnostics if d.is_error]
    assert codes == ["VQ0505"] * is_wrong


_LOOPS = """
param n in 1..8
param k in 0..3
platform p {{ cpus 1; controller c : edge {{ lines 0..7 }} }}
device_type d {{ id 1; queue q[i in 0..n-1] at i {{ role rx }} }}
transport t {{
  register status {{ USED }}
  map in driver {{ queue q -> {to}; config -> line 0 }}
  map in device {{ programmed }}
  signal queue w {{ set status.USED; raise line(w) }}
  handler h on line m {{ s = read status  {handler} }}
}}
device d0 : d on t {{ lines 1..4 }}
check coverage
"""


def is_wrong(folder: Path, to: str, handler: str) -> bool:
    path = folder / "some.vq"
    path.write_text(_LOOPS.format(to=to, handler=handler), encoding="utf-8")
    report = verify(path, Options())
    codes = [d.code for d in report.diagnostics if d.is_error]
    assert set(codes) <= {"VQ0505"}
    return bool(codes)


@pytest.mark.parametrize(
    ("to", "handler", "expected"),
    [
        ("line 1 + q.index % (lines-1)", "for z on m { x = z.index % m }", False),
        ("line q.index % lines", "for z on m { x = z.index % m }", True),
        ("line 1 + q.index % (lines-1)", "for z in queues { x = z.index % m }", True),
        ("line q.index", "for z on m { if z.index == 2 { x = 9 / (m-1) } }", False),
        ("line q.index", "for z on m { if z.index == 2 { x = 9 / (m-2) } }", True),
        ("line q.index", "for z on m where z.index > 0 and 9 / m > 1 { drain z }", False),
        ("line q.index", "for z on m where 9 / m > 1 { drain z }", True),
        ("line q.index", "for z on line[2] { x = 9 / z.index }", False),
        ("line q.index", "for z on line[k] { x = 9 / z.index }", True),
        ("line q.index", "for z on line[9 / k] { drain z }", True),
        ("line 1 + q.index % (lines-1)", "for z on line(config) { x = 9 / k }", False),
        ("line q.index", "for z on line(config) { x = 9 / k }", True),
        ("line q.index", "for z on m { for y on m { x = 9 / (1 + z.index - y.index) } }", False),
        ("line q.index", "for z on m { for y on line[k] { x = 9/(1+z.index-y.index) } }", True),
        # Which line has a number is not looked at.
        ("number base + q.index", "for z on m { x = 9 / z.index }", True),
        ("number base + q.index % 4", "for z on m { x = 9 / m }", True),
        # A map that is undefined gives no line.
        ("line q.index / k", "for z on m { x = 9 / k }", False),
        ("line q.index / (k+1)", "for z on m { x = 9 / k }", True),
        # After the loop nothing is known of its queues.
        ("line 1 + q.index % (lines-1)", "for z on m { drain z }  x = 9 / m", True),
    ],
)  # fmt: skip
def test_queues_in_a_loop_over_a_line_are_on_it(
    tmp_path: Path, to: str, handler: str, *, expected: bool
) -> None:
    assert is_wrong(tmp_path, to, handler) == expected


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("if k == 0 { return handled }  x = 9 / k", False),
        ("if k == 0 { return none }  x = 9 / k", False),
        ("if k == 1 { return handled }  x = 9 / k", True),
        ("if k > 0 { x = 9 / k } else { return handled }  x = 9 / k", False),
        ("if k == 0 { if s.USED { return handled } }  x = 9 / k", True),
        ("if k == 0 { if n < 9 { return handled } }  x = 9 / k", False),
        ("if k == 0 { if n < 8 { return handled } }  x = 9 / k", True),
        ("lock a { if k == 0 { return handled } }  x = 9 / k", False),
        ("return handled  x = 9 / k", False),
        ("if k == 0 { stop }  x = 9 / k", False),
        ("for z on m { if k == 0 { stop }  x = 9 / k }", False),
        # One leaves a loop by `stop`, and may not be in it at all.
        ("loop { if k == 0 { stop }  drain_all = 1  stop }  x = 9 / k", True),
        ("for z on m where z.index > 5 { if k == 0 { return handled } }  x = 9 / k", True),
        ("while s.USED { s = read status  if k == 0 { return handled } }  x = 9 / k", True),
        # A division that was passed was defined: it is said once.
        ("if 9 / k == 1 { return handled }  x = 9 / k", True),
    ],
)
def test_what_stands_after_a_return_knows_why(
    tmp_path: Path, handler: str, *, expected: bool
) -> None:
    assert is_wrong(tmp_path, "line 0", handler) == expected


@pytest.mark.parametrize(
    "handler",
    [
        "x = k  if x < 1 { x = 2  if x > 1 { y = 9 / k } }",
        "if s.USED { s = read status  if not s.USED { y = 9 / k } }",
        "x = 0  while x < 2 { x = x + 1  if x == 2 { y = 9 / k } }",
        "for z on m { if pending z { drain z  if not pending z { y = 9 / k } } }",
        "for z on m { if pending z and not pending z { y = 9 / k } }",
    ],
)
def test_what_an_if_has_found_may_be_otherwise_later(tmp_path: Path, handler: str) -> None:
    assert is_wrong(tmp_path, "line 0", handler)
