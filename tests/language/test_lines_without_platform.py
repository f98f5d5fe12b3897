"""The note VQ0432: a design that says of no line how it is triggered."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.commands.main import main
from checker.language.load import load
from checker.report.diagnostics import render

TEXT = """device_type disk { id 2  queue req at 0 }
transport t {
    map in transport { queue q -> line 0 }
    map in device { queue q -> line 0 }
    signal queue q { pulse line(q) }
    handler on line l { for q on l { service q } }
}
device d : disk on t { lines 1 }
check no_lost_notifications
"""
NOTE = """\
note[VQ0432]: without a `platform` the lines of `d` are taken to be edge-triggered, and as many as\
 it asks for
 --> d.vq:8:24
  |
8 | device d : disk on t { lines 1 }
  |                        ^^^^^^^
  = hint: say on which machine: `platform NAME` of a module, or one of your own with its\
 controllers; or say what is meant: `pool wired : edge` in `t`

"""
MACHINE = "platform p { controller pic : level { lines 0..3 } }\n"


def _found(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("d.vq").write_text(text)
    return render(load(Path("d.vq")).diagnostics)


@pytest.mark.parametrize("command", ["check", "verify"])
def test_it_is_noted_and_nothing_more(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _found(TEXT, tmp_path, monkeypatch) == NOTE
    assert main([command, "d.vq"]) == 0
    assert NOTE in capsys.readouterr().out


def test_it_is_noted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = TEXT.replace("check", "device e : disk on t { lines 1 }\ncheck")
    assert _found(more, tmp_path, monkeypatch) == NOTE


@pytest.mark.parametrize(
    "text",
    [
        TEXT + MACHINE,
        TEXT.replace("t {\n", "t {\n    pool wired : edge\n", 1),
        TEXT.replace("t {\n", "t {\n    pool wired : edge, level\n", 1),
        TEXT.replace("no_lost_notifications", "coverage"),
        TEXT.replace("    signal queue q { pulse line(q) }\n", ""),
        TEXT.replace("lines 1", "lines 0"),
    ],
    ids=["platform", "pool", "both", "not asked", "no signals", "no lines"],
)
def test_where_nothing_is_assumed_nothing_is_noted(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "VQ0432" not in _found(text, tmp_path, monkeypatch)


def test_a_platform_that_is_wrong_is_no_missing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "VQ0432" not in _found(TEXT + "platform nowhere\n", tmp_path, monkeypatch)
