"""Hints about names and numbers that parse and mean nothing, as they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.language.load import load
from checker.report.diagnostics import render

DISK = "device_type disk(n: 1..64, spare: 0..n) { id 2  queue req[i in 0..n-1] at i }\n"
BARE = "device_type bare { id 3  queue req at 0 }\n"
PROGRAMS = """transport t {{
    register status {{ USED }}
    map in transport {{ queue q -> line 0 }}
    map in device {{ programmed }}
    signal queue q {{ pulse line(q) }}
    handler on line l {{ {} }}
}}
"""
PLAIN = PROGRAMS.format("for q on l { service q }")


def _hints(text: str) -> list[str]:
    return [x.strip().removeprefix("= ") for x in text.splitlines() if x.strip().startswith("= ")]


def _read(text: str, folder: Path) -> str:
    path = folder / "d.vq"
    path.write_text(text)
    return render(load(path).diagnostics).replace(f"{folder}/", "")


def test_the_arguments_of_a_device_type_are_named_and_shown(tmp_path: Path) -> None:
    assert _read(DISK + PLAIN + "device d : disk(2) on t { lines 1 }\n", tmp_path) == (
        """\
error[VQ0306]: `disk` takes 2 arguments (n, spare), and is given 1
 --> d.vq:9:17
  |
1 | device_type disk(n: 1..64, spare: 0..n) { id 2  queue req[i in 0..n-1] at i }
  |                  -------- an argument
  |                            ----------- an argument
9 | device d : disk(2) on t { lines 1 }
  |                 ^
  = hint: write `disk(n, spare)`, each a number or a param: n in 1..64, spare in 0..n

"""
    )


@pytest.mark.parametrize(
    ("device", "headline", "hint"),
    [
        ("bare(4) on t", "`bare` takes no arguments, and is given 1", "write `bare` alone"),
        ("bare on t(4)", "`t` takes no arguments, and is given 1", "write `t` alone"),
        (
            "disk on t",
            "`disk` takes 2 arguments (n, spare), and is given 0",
            "write `disk(n, spare)`, each a number or a param: n in 1..64, spare in 0..n",
        ),
    ],
)
def test_a_wrong_number_of_arguments(tmp_path: Path, device: str, headline: str, hint: str) -> None:
    text = _read(DISK + BARE + PLAIN + f"device d : {device} {{ lines 1 }}\n", tmp_path)
    assert text.startswith(f"error[VQ0306]: {headline}\n")
    assert _hints(text) == [f"hint: {hint}"]


def test_a_queue_in_a_handler_gets_its_name_by_a_loop(tmp_path: Path) -> None:
    text = _read(PROGRAMS.format("service all"), tmp_path)
    assert text.startswith("error[VQ0201]: there is no queue `all`\n")
    hint = (
        "a queue gets its name by a loop, as in `for q in queues { ... }` or `for q on l { ... }`"
    )
    assert _hints(text) == [f"hint: {hint}"]


def test_a_trigger_is_no_pool(tmp_path: Path) -> None:
    text = _read(BARE + PLAIN + "device d : bare on t { lines 1 of level }\n", tmp_path)
    assert text.startswith("error[VQ0206]: there is no pool `level`\n")
    hint = "lines have the trigger of their controller, in the `platform`; a pool of them is"
    assert _hints(text) == [f"hint: {hint} `pool NAME : level` in the `transport`"]


WIRED = PLAIN.replace("{ pulse line(q) }", "SIGNAL").replace(
    "    handler", "    drive line l while status.USED\n    handler"
)


def test_a_line_that_follows_a_condition_is_not_raised_too(tmp_path: Path) -> None:
    text = WIRED.replace("SIGNAL", "{ set status.USED; raise line(q) }")
    assert _read(text, tmp_path) == (
        """\
warning[VQ0428]: `raise` of a line that follows a condition
 --> d.vq:5:39
  |
5 |     signal queue q { set status.USED; raise line(q) }
  |                                       ^^^^^^^^^^^^^
6 |     drive line l while status.USED
  |     ------------------------------ the wire
  = hint: leave the `raise` out: the line rises with the condition and falls with it; or leave the \
`drive` out, and drive it by programs alone

"""
    )


@pytest.mark.parametrize(
    ("signal", "wire"),
    [
        ("{ set status.USED }", ""),
        ("in quick { pulse line(q) }", " in wired"),
        ("{ set status.USED; raise line(q) }", " resample"),
    ],
)
def test_a_wire_that_is_alone_in_its_mode_or_looked_at_again(
    tmp_path: Path, signal: str, wire: str
) -> None:
    text = WIRED.replace("SIGNAL", signal).replace("while status.USED", f"while status.USED{wire}")
    if wire == " in wired":
        text = text.replace(
            "    drive", "    signal queue q in wired { set status.USED }\n    drive"
        )
    assert "VQ0428" not in _read(text, tmp_path)


@pytest.mark.parametrize(
    ("signal", "wire", "mode"),
    [
        ("{ set status.USED }", "resample", ""),
        ("{ set status.USED }", "resample in irqfd", " in mode `irqfd`"),
        ("in irqfd { set status.USED; raise line(q) }", "resample", None),
        ("{ set status.USED; raise line(q) }", "resample in irqfd", None),
        ("{ set status.USED; pulse line(q) }", "resample", None),
        ("{ set status.USED }", "", None),
    ],
)
def test_a_resampled_line_is_raised_by_somebody(
    tmp_path: Path, signal: str, wire: str, mode: str | None
) -> None:
    text = WIRED.replace("SIGNAL", signal).replace("while status.USED", f"while status.USED {wire}")
    if "irqfd" in wire:
        text = text.replace("    drive", "    signal queue q in wired { raise line(q) }\n    drive")
    said = f"warning[VQ0433]: a line with `resample` that no program raises{mode}\n"
    assert (said in _read(text, tmp_path)) == (mode is not None)


@pytest.mark.parametrize("verb", ["pulse", "lower", "raise"])
def test_in_one_mode_each_verb_is_reported(tmp_path: Path, verb: str) -> None:
    text = WIRED.replace("SIGNAL", f"in wired {{ {verb} line(q) }}")
    text = text.replace("while status.USED", "while status.USED in wired")
    assert f"VQ0428]: `{verb}` of a line that follows a condition in mode `wired`" in _read(
        text, tmp_path
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("q.role == reciever", "role `reciever`|did you mean `receiver`?"),
        ("q.family != ry", "queue family `ry`|there is `rx`"),
        ("q.role == receiver", ""),
    ],
)
def test_what_a_module_asks_for_and_no_type_has(tmp_path: Path, asked: str, said: str) -> None:
    # In a module alone it is no mistake: its transports may be for types that are elsewhere.
    def transport(name: str, test: str) -> str:
        return f"""\
transport {name} {{
    map in driver {{ queue q -> line 0 if {test};  queue q -> line 0 }}
    map in device {{ programmed }}
    handler on line l {{ for q on l {{ service q }} }}
}}
"""

    nic = "device_type nic { id 1  queue rx at 0 { role receiver } }\n"
    module = nic + transport("t", asked) + transport("idle", "q.role == nobody")
    (tmp_path / "parts.vq").write_text(module)
    found = _read("use parts\ndevice d : nic on t { lines 1 }\n", tmp_path)
    expected = [f"the {said.split('|')[0]}\n", f"= hint: {said.split('|')[1]}\n"] if said else []
    assert found.count("VQ0435") == int(bool(said))
    assert all(words in found for words in expected)
    assert "VQ0435" not in _read(module, tmp_path)


@pytest.mark.parametrize(
    ("role", "hint"),
    [("ctl", "there is `ctl` and `data`"), ("rxx", "did you mean `rxx`?"), ("rx", "")],
)
def test_a_role_that_only_a_type_without_a_device_has(tmp_path: Path, role: str, hint: str) -> None:
    # The comparison is known, as another type has the role, and is never true.
    text = f"""\
device_type other {{ id 9  queue rx at 0 }}
device_type nic {{ id 1  queue a at 0 {{ role {role} }}  queue b at 1 {{ role data }} }}
transport t {{
    map in driver {{ queue q -> line 0 if q.role == rx;  queue q -> line 0 if data != q.role }}
    map in device {{ programmed }}
    handler on line l {{ for q on l {{ service q }} }}
}}
device d : nic on t {{ lines 1 }}
"""
    said = _read(text, tmp_path)
    headline = "note[VQ0435]: no queue of a device on `t` has the role `rx`\n"
    assert (headline in said, said.count("VQ0435")) == (bool(hint), int(bool(hint)))
    assert f"  = hint: {hint}\n" in said or not hint
