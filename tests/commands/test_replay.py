"""`checker replay`: traces of files, on the machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main

SPECS = Path(__file__).resolve().parents[2] / "specs"
DESIGN = SPECS / "handlers" / "no_status_pulse.vq"


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("trace") / "run.json"
    main(["verify", str(DESIGN), "-p", "no_lost_notifications", "-q", "--trace", str(to)])
    return to


def edit(trace: Path, tmp_path: Path, **changes: Any) -> Path:
    data = json.loads(trace.read_text(encoding="utf-8"))
    for path, new in changes.items():
        *way, last = path.split("__")
        at = data
        for part in way:
            at = at[int(part) if part.isdigit() else part]
        if new is None:
            del at[last]
        else:
            at[last] = new
    to = tmp_path / "edited.json"
    to.write_text(json.dumps(data), encoding="utf-8")
    return to


def test_a_trace_happens(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(trace)]) == ExitCode.OK
    said = capsys.readouterr().out
    assert "req[0].unseen = 1" in said
    assert "req[0] used.idx = 1" in said
    assert "replayed on the machine: it happens; left unserved: req[0]" in said


def test_the_same_as_data(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(trace), "--format", "json"]) == ExitCode.OK
    data = json.loads(capsys.readouterr().out)
    assert data["replayed"] is True
    assert len(data["steps"]) == len(json.loads(trace.read_text())["steps"])


@pytest.mark.parametrize(
    "changes",
    [
        {"steps__2__action": "pulse line 1"},
        {"steps__0__actor": "handler line 0"},
        {"steps__0__changes": {"req[0].unseen": False}},
        {"unserved": ["req[1]"]},
        {"unserved": []},
        {"of__active": ["req[1]"]},
    ],
)
def test_what_does_not_happen_is_a_disagreement(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any]
) -> None:
    assert main(["replay", str(edit(trace, tmp_path, **changes))]) == ExitCode.DISAGREE
    assert "it does not happen: step" in capsys.readouterr().out


def test_a_step_that_does_not_find_what_it_is_said_to_find(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "run.json"
    design = SPECS / "mmio_multi_irq" / "cleaned_up.vq"
    main(["verify", str(design), "-p", "no_lost_notifications", "-q", "--trace", str(to)])
    steps = json.loads(to.read_text(encoding="utf-8"))["steps"]
    n, name = next((k, next(iter(s["found"]))) for k, s in enumerate(steps) if s["found"])
    assert main(["replay", str(to)]) == ExitCode.OK
    said = not steps[n]["found"][name]
    edited = edit(to, tmp_path, **{f"steps__{n}__found": {name: said}})
    capsys.readouterr()
    assert main(["replay", str(edited)]) == ExitCode.DISAGREE
    assert f"finds {name} = {int(not said)}, not {name} = {int(said)}" in capsys.readouterr().out


def test_a_trace_is_not_of_another_design_that_is_like_it(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = SPECS / "handlers" / "no_status_edge.vq"
    assert main(["replay", str(trace), str(edge)]) == ExitCode.SPEC
    assert "is no trace of" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": 2}, "`schema_version` is not 1"),
        ({"kind": "odd"}, "`kind` is `odd`"),
        ({"kind": 7}, "`kind` of the trace is not a text"),
        ({"steps": None}, "no `steps`"),
        ({"steps__0__number": 5}, "step 1 has another number"),
        ({"steps__0__actor": None}, "step 1 has no `actor`"),
        ({"steps__0__changes": {"x": "y"}}, "a value that is no number"),
        ({"loop": 3}, "has no `loop`"),
        ({"loop": True}, "`loop` is not the number of a step"),
        ({"of": None}, "no `of`"),
        ({"instance": "half \ud800"}, "half of a character"),
        ({"steps__0__actor": "\x1b[31m"}, "a control character"),
        ({"of__trigger": "odd"}, "the trigger `odd`"),
        ({"of__numbers": ["x"]}, "`numbers` in `of`"),
        ({"of__active": [1]}, "something in it that is no name"),
        ({"inputs": 1}, "`inputs` of the trace is not a list"),
        ({"inputs": [{"path": "a.vq"}]}, "`inputs` has no `digest`"),
    ],
)
def test_a_file_that_is_no_trace(
    trace: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    words: str,
) -> None:
    assert main(["replay", str(edit(trace, tmp_path, **changes))]) == ExitCode.USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("depth", [300, 600, 900])
def test_a_trace_that_is_nested_deeply_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], depth: int
) -> None:
    path = tmp_path / "x.json"
    path.write_text(f'{{"schema_version": 1, "x": {"[" * depth}{"]" * depth}}}')
    assert main(["replay", str(path)]) == ExitCode.USAGE
    assert "is not a trace" in capsys.readouterr().err


def test_a_name_may_have_any_blank_in_it(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = edit(trace, tmp_path, instance="dev0\u00a0on \u00e9")
    assert main(["replay", str(path)]) == ExitCode.OK
    assert "dev0\u00a0on \u00e9" in capsys.readouterr().out


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_bytes_that_are_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: bytes
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(text)
    assert main(["replay", str(path)]) == ExitCode.USAGE
    assert "is not a trace" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"of__device": "eth9"}, "it has no device `eth9`"),
        ({"of__active": ["nothing"]}, "has no source `nothing`"),
        ({"of__given": {}}, "it gives no value to"),
        ({"of__trigger": "message"}, "its lines are level ones, not message"),
        ({"of__mode": "irqfd"}, "does not signal in mode `irqfd`"),
        ({"of__given__param.n": 1}, "n = 1 is not in 2..1024"),
        ({"of__given__cpus": -1}, "-1 CPUs"),
        ({"of__keeps_pending": False}, "a masked line keeps what comes"),
        ({"of__given__grant.": 7, "of__numbers": []}, "lines, and has 7"),
        ({"of__numbers": [1, 2, 3, 4, 5]}, "5 numbers for"),
    ],
)
def test_a_trace_of_something_that_the_design_has_not(
    trace: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    words: str,
) -> None:
    assert main(["replay", str(edit(trace, tmp_path, **changes))]) == ExitCode.SPEC
    assert words in capsys.readouterr().err


@pytest.fixture
def copied(trace: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A trace of a design that can be changed, and the design."""
    design, to = tmp_path / "d.vq", tmp_path / "d.json"
    design.write_text(DESIGN.read_text())
    main(["verify", str(design), "-p", "no_lost_notifications", "-q", "--trace", str(to)])
    return to, design


def test_a_trace_is_not_of_a_design_that_has_changed(
    copied: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    trace, design = copied
    design.write_text(design.read_text().replace("no_status", "serve_own"))
    assert main(["replay", str(trace)]) == ExitCode.SPEC
    said = capsys.readouterr()
    assert "it does not happen: step" in said.out
    changed = f"the design has changed since the trace was written: `{design}`, `"
    assert said.err.startswith(changed)
    assert said.err.endswith("lib/handlers/no_status.vq` differ\n")
    assert main(["replay", str(trace), "--format", "json"]) == ExitCode.SPEC
    assert json.loads(capsys.readouterr().out)["changed"][0] == str(design)
    design.write_text(design.read_text().replace("device dev0", "device dev1"))
    assert main(["replay", str(trace)]) == ExitCode.SPEC
    said = capsys.readouterr()
    assert f"it has no device `dev0`\n{changed}" in said.err


def test_a_change_that_does_not_matter_is_none(
    copied: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    trace, design = copied
    moved = design.rename(design.with_name("e.vq"))
    moved.write_text(moved.read_text() + "# a comment\n")
    assert main(["replay", str(trace), str(moved)]) == ExitCode.OK
    assert capsys.readouterr().err == ""


def test_of_the_design_as_it_was_it_is_a_disagreement(copied: tuple[Path, Path]) -> None:
    trace, design = copied
    trace.write_text(trace.read_text().replace("pulse line 0", "pulse line 1", 1))
    moved = design.rename(design.with_name("e.vq"))
    assert main(["replay", str(trace), str(moved)]) == ExitCode.DISAGREE


def test_files_that_are_not_there(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(tmp_path / "none.json")]) == ExitCode.USAGE
    assert main(["replay", str(tmp_path)]) == ExitCode.USAGE
    assert main(["replay", str(trace), str(tmp_path / "none.vq")]) == ExitCode.USAGE
    moved = edit(trace, tmp_path, of__design="gone.vq")
    assert main(["replay", str(moved)]) == ExitCode.USAGE
    assert "Name the design after the trace" in capsys.readouterr().err
    assert main(["replay", str(moved), str(DESIGN)]) == ExitCode.OK


def test_a_design_with_errors(trace: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.vq"
    path.write_text("device", encoding="utf-8")
    assert main(["replay", str(trace), str(path)]) == ExitCode.SPEC
