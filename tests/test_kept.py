"""Verdicts that are kept: taken for the very same question, and for nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from checker import kept as kept_module
from checker import provenance
from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.engines.engine import Budget
from checker.kept import Kept
from checker.options import Options
from checker.report.report import Report
from checker.report.run import Style, form
from checker.verify import verify
from tests.report.runs import CLEANED_UP, TEXT, every_end, run_of

NOW = "2026-11-28T09:00:00Z"


class Desk:
    """A folder with a design, and how often it was verified."""

    def __init__(self, folder: Path) -> None:
        self.design = folder / "design.vq"
        self.entries = folder / "cache"
        self.count = 0
        module, device = TEXT.split("device eth0")
        (folder / "nic.vq").write_text(module)
        self.design.write_text(f"use nic\ndevice eth0{device}check coverage\n")

    def ask(self, options: Options | None = None) -> Report:
        return Kept(self.entries, NOW).verify(self.design, options or Options(), self._anew)

    def _anew(self, path: Path, options: Options) -> Report:
        self.count += 1
        return verify(path, options)

    @property
    def entry(self) -> Path:
        (found,) = self.entries.glob("*.json")
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_second_time_it_is_taken_and_marked(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask()
    assert desk.count == 1
    assert [line.cached for line in first.lines] == [""]
    assert [line.cached for line in second.lines] == [NOW]
    shown = [
        form("json")(run_of(replace(r, seconds=0.0)), Style()).replace(f'"{NOW}"', "null", 2)
        for r in (first, second)
    ]
    data = [json.loads(s) for s in shown]
    for d in data:
        d["started"] = d["designs"][0]["properties"][0]["cached"] = None
    assert data[0] == data[1]


@pytest.mark.children
def test_every_kind_of_decided_report_comes_back_the_same(tmp_path: Path) -> None:
    for name, run in every_end(tmp_path).items():
        if name == "together":
            continue
        (report,) = run.reports
        path = CLEANED_UP if name == "run" else tmp_path / f"{name}.vq"
        kept = Kept(tmp_path / "cache", NOW)
        kept.verify(path, Options(), lambda *_, r=report: r)
        again = kept.verify(path, Options(), lambda *_: Report("anew", "", (), ()))
        if name in ("unknown", "wrong", "crash"):
            assert again.path == "anew", name
            continue
        texts = []
        for r in (report, again):
            lines = tuple(replace(line, cached="", seconds=0.0) for line in r.lines)
            same = run_of(replace(r, lines=lines, seconds=0.0))
            texts.append(form("text")(same, Style(verbose=True)) + form("sarif")(same, Style()))
        assert texts[0] == texts[1], name


@pytest.mark.parametrize(
    "options",
    [
        Options(Budget(rlimit=99_000_000)),
        Options(Budget(timeout_seconds=59.0)),
        Options(Budget(memory_mib=4000)),
        Options(properties=("layering",)),
        Options(params={"n": 1}),
        Options(expectations=False),
        Options(among=frozenset({"coverage"})),
    ],
)
def test_another_question_is_asked_anew(desk: Desk, options: Options) -> None:
    desk.ask()
    desk.ask(options)
    assert desk.count == 2


def test_what_no_file_holds_is_neither_taken_nor_kept(desk: Desk) -> None:
    text = desk.design.read_text() + "# not saved\n"
    given = Options(overlay={os.path.realpath(desk.design): text})
    desk.ask(given)
    desk.ask()
    desk.ask(given)
    assert desk.count == 3


def test_jobs_do_not_change_an_answer(desk: Desk) -> None:
    desk.ask(Options(jobs=1))
    desk.ask(Options(jobs=2))
    assert desk.count == 1


def test_another_text_is_asked_anew(desk: Desk) -> None:
    desk.ask()
    desk.design.write_text(desk.design.read_text() + "# a comment\n")
    desk.ask()
    assert desk.count == 2
    module = desk.design.with_name("nic.vq")
    module.write_text(module.read_text().replace("q.index % lines", "q.index"))
    assert "violated" in form("text")(run_of(desk.ask()), Style())
    assert desk.count == 3
    module.unlink()
    assert desk.ask().is_wrong
    assert desk.count == 4


def test_a_link_that_leads_elsewhere_is_seen(desk: Desk, tmp_path: Path) -> None:
    module = tmp_path / "nic.vq"
    (tmp_path / "other").mkdir()
    real = tmp_path / "other" / "nic.vq"
    real.write_text(module.read_text())
    module.unlink()
    module.symlink_to(real)
    desk.ask()
    desk.ask()
    assert desk.count == 1
    copy = tmp_path / "other" / "copy.vq"
    copy.write_text(real.read_text())
    module.unlink()
    module.symlink_to(copy)
    desk.ask()
    assert desk.count == 2


def test_another_tool_asks_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    for other in ((("sources", "x"),), (("z3", "6.0"),)):
        monkeypatch.setattr(kept_module, "versions", lambda other=other: other)
        desk.ask()
    monkeypatch.setattr(kept_module, "__version__", "99")
    desk.ask()
    assert desk.count == 4


def test_every_source_of_the_tool_is_part_of_the_question() -> None:
    names = {name for name, _ in provenance._files()}
    assert {"checker/kept.py", "checker/language/grammar.lark", "model/ring/vq.c"} <= names
    assert any(name.startswith("model/ring/") and name.endswith(".so") for name in names)
    assert not any("__pycache__" in name or "_specs" in name for name in names)


def test_where_one_stands_is_part_of_the_question(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask()
    monkeypatch.chdir(tmp_path)  # Files are named from here.
    desk.ask()
    assert desk.count == 2


@pytest.mark.children
@pytest.mark.parametrize(
    "options", [Options(Budget(rlimit=1)), Options(Budget(timeout_seconds=1e-6))]
)
def test_no_verdict_is_never_kept(desk: Desk, options: Options) -> None:
    desk.ask(options)
    desk.ask(options)
    assert desk.count == 2
    assert not desk.entries.exists()


def _flip(text: str) -> str:
    """The outcome turned round, and nothing else touched."""
    return text.replace('"Holds"', '"Vacuous"')


def _unsealed(text: str) -> str:
    data = json.loads(text)
    del data["digest"]
    return json.dumps(data)


def _sealed(change: Callable[[dict[str, object]], object]) -> Callable[[str], str]:
    """Changed by somebody who knows how entries are sealed."""

    def changed(text: str) -> str:
        data = json.loads(text)
        del data["digest"]
        change(data)
        return json.dumps({**data, "digest": kept_module._digest(data)})

    return changed


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "null",
        lambda text: text + "x",
        lambda text: "[" * 100_000,
        _flip,
        _unsealed,
        _sealed(lambda d: d.update(form=0)),
        _sealed(lambda d: d.update(question={})),
        _sealed(lambda d: d.update(inputs=[])),
        _sealed(lambda d: d.update(report=None)),
        _sealed(lambda d: d.update(report={"@": "Path", "x": 1})),
        _sealed(lambda d: d.update(report={"@": "Report"})),
        _sealed(lambda d: d.pop("opened")),
    ],
)
def test_a_damaged_entry_does_not_count(desk: Desk, damage: Callable[[str], str]) -> None:
    desk.ask()
    entry = desk.entry
    entry.write_text(damage(entry.read_text()))
    assert desk.ask().lines[0].cached == ""
    assert desk.count == 2
    assert desk.ask().lines[0].cached == NOW


def test_an_entry_that_others_may_write_does_not_count(desk: Desk) -> None:
    desk.ask()
    desk.entry.chmod(0o666)
    desk.ask()
    assert desk.count == 2


def test_a_folder_that_cannot_be_written_costs_nothing_else(desk: Desk) -> None:
    desk.entries.write_text("a file")
    assert not desk.ask().is_wrong
    assert desk.count == 1


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    asked = Kept(tmp_path / "cache", NOW).verify(
        pipe, Options(), lambda *_: Report("anew", "", (), ())
    )
    assert asked.path == "anew"


def test_old_entries_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "_MOST_ENTRIES", 3)
    for n in range(4):
        desk.ask(Options(params={}, budget=Budget(timeout_seconds=30.0 + n)))
    assert len(list(desk.entries.glob("*.json"))) == 2


def test_the_command_keeps_and_says_so(
    desk: Desk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("VQCHECK_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    words = ["verify", str(desk.design)]
    said = []
    for more in ([], [], ["--no-cache"], ["--format", "json"]):
        assert main([*words, *more]) == ExitCode.OK
        said.append(capsys.readouterr().out)
    assert "cached" not in said[0] + said[2]
    assert "proved (all values)   cached\n" in said[1]
    assert "1 of 1 properties as expected, all cached" in said[1]
    assert json.loads(said[3])["designs"][0]["properties"][0]["cached"].endswith("Z")


_SECOND = """
import sys
from checker.commands.main import main
main(["verify", sys.argv[1], "-q"])
heavy = ("z3", "lark", "checker.language.tree", "checker.engines.mapping", "checker.verify")
print([m for m in heavy if m in sys.modules])
"""


def test_a_second_run_imports_neither_parser_nor_solver(desk: Desk, tmp_path: Path) -> None:
    import subprocess
    import sys

    env = {k: v for k, v in os.environ.items() if k != "VQCHECK_NO_CACHE"}
    env["XDG_CACHE_HOME"] = str(tmp_path / "home")
    said = [
        subprocess.run(
            [sys.executable, "-c", _SECOND, str(desk.design)],
            env=env, capture_output=True, text=True, check=True,
        ).stdout.splitlines()[-1]
        for _ in range(2)
    ]  # fmt: skip
    assert "z3" in said[0]
    assert said[1] == "[]"
