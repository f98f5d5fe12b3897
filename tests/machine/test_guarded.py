"""A division without a value matters to who gets there, in the kernel and on the machine alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.design.design import Design
from model.expr import Undefined
from model.machine.lockstep import Lockstep
from model.machine.machine import Machine
from model.meaning.instance import Instance, Setting
from model.meaning.programs import Unsupported
from tests.machine import small

ACTIVE = frozenset({"q[0]", "q[1]"})
_TEXT = """
param n in 1..2
platform p {{ cpus 1; controller c : edge {{ lines 0..7 }} }}
device_type d {{ id 1; queue q[i in 0..n-1] at i {{ role rx }} }}
transport t {{
  register status {{ USED }}
  map in driver {{ queue q -> line 0; request line 0 with h }}
  map in device {{ programmed }}
  signal queue w {{ set status.USED; raise line(w); {signal} }}
  {wire}
  handler h on line m {{
    s = read status
    clear status s
    {handler}
    for z on m {{ service z }}
  }}
}}
device d0 : d on t {{ lines 1..3 }}
check no_lost_notifications
"""


IN_HANDLERS = {"set status.USED": "unmask m", "raise line[": "mask line["}


def placed(where: str, body: str) -> dict[str, str]:
    """The statements there, in the words of the device or of the driver."""
    for device, driver in IN_HANDLERS.items() if where == "handler" else ():
        body = body.replace(device, driver)
    return {where: body}


def read(folder: Path, signal: str = "", handler: str = "", wire: str = "") -> Design:
    path = folder / "some.vq"
    path.write_text(_TEXT.format(signal=signal, handler=handler, wire=wire), encoding="utf-8")
    return small.read(path)


def one_line(d: Design) -> Setting:
    """Two queues on one line."""
    return next(s for s in small.settings(d) if (s.given["param.n"], s.given["grant."]) == (2, 1))


def steps(d: Design, s: Setting) -> list[object]:
    return [(x.actor, x.guard, x.writes) for x in Instance(d, s).system(ACTIVE).steps]


@pytest.mark.parametrize("where", ["signal", "handler"])
@pytest.mark.parametrize(
    ("guarded", "plain"),
    [
        ("if lines > 1 { if 2 % (lines-1) == 0 { fence } }", ""),
        ("if lines > 1 and 2 % (lines-1) == 0 { fence }", ""),
        ("if lines == 1 or 2 % (lines-1) == 0 { set status.USED }", "set status.USED"),
        ("if not (lines > 1 and 2 % (lines-1) == 0) { set status.USED }", "set status.USED"),
        ("if lines > 1 { x = 2 / (lines-1)  if x > 0 { fence } }", ""),
        ("many = lines > 1  if many { x = 2 / (lines-1)  fence }", ""),
        ("x = n  if x > 9 { y = 2 / (lines-1)  fence }", "x = n"),
        ("x = n  y = lines > 1 and x > 0 and 2 / (lines-1) > x  if y { fence }", "x = n"),
        ("if lines > 1 { raise line[2 / (lines-1)] }", ""),
        ("if lines > 1 { for y on line[2 / (lines-1)] { fence } }", ""),
        ("if lines > 1 { for y in queues where 2 / (lines-1) > 1 { fence } }", ""),
        ("x = 2  if lines > 1 { y = x / (lines-1)  fence }", "x = 2"),
        ("stop  x = 2 / (lines-1)", "stop"),
    ],
)
def test_nobody_gets_there(tmp_path: Path, where: str, guarded: str, plain: str) -> None:
    made, same = (read(tmp_path, **placed(where, x)) for x in (guarded, plain))
    s = one_line(made)
    assert steps(made, s) == steps(same, one_line(same))
    both = Lockstep(Machine(made, s, ACTIVE))
    assert both.restart() is None
    assert both.run(bytes(range(120))) is None


@pytest.mark.parametrize("where", ["signal", "handler"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("if 2 % (lines-1) == 0 { fence }", Undefined),
        ("if s.USED and 2 % (lines-1) == 0 { fence }", Undefined),
        ("if s.USED { x = 2 / (lines-1) }", Undefined),
        ("if s.USED { raise line[2 / (lines-1)] }", Undefined),
        ("for y on line[2 / (lines-1)] { fence }", Undefined),
        ("for y in queues where 2 / (lines-1) > 1 { fence }", Undefined),
        ("x = 2  y = x / lines", Unsupported),
    ],
)
def test_whoever_gets_there_has_to_know(
    tmp_path: Path, where: str, body: str, error: type[Exception]
) -> None:
    if where == "signal":
        body = f"s = read status  {body}"
    made = read(tmp_path, **placed(where, body))
    s = one_line(made)
    with pytest.raises(error):
        Instance(made, s).system(ACTIVE)
    with pytest.raises(error):
        Machine(made, s, ACTIVE)


def test_a_wire_is_looked_at_always(tmp_path: Path) -> None:
    wire = "drive line m while status.USED and {} 2 / (lines-1) > 0"
    made = read(tmp_path, wire=wire.format("lines > 1 and"))
    assert steps(made, one_line(made))
    made = read(tmp_path, wire=wire.format(""))
    with pytest.raises(Undefined):
        steps(made, one_line(made))
