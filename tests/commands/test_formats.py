"""Formats as they are asked for: streams, files beside the terminal, the page of a CI run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.engines import mapping
from checker.report.schema import schema
from tests.report.runs import TEXT


@pytest.fixture
def design(tmp_path: Path) -> Path:
    path = tmp_path / "design.vq"
    path.write_text(TEXT + "check coverage\n")
    return path


def _run(*words: str) -> int:
    return main(["verify", *words])


def test_records_come_as_they_are_known(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(str(design), "--format", "jsonl") == ExitCode.OK
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    check = Draft202012Validator(schema("record"))
    for record in records:
        check.validate(record)
    kinds = [r["record"] for r in records]
    assert [k for k in kinds if k != "progress"] == ["start", "property", "design", "end"]
    assert kinds.index("progress") < kinds.index("property")
    assert records[0]["designs"] == [str(design)]


def test_several_formats_are_written_in_one_run(
    design: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = {name: tmp_path / f"out.{name}" for name in ("sarif", "junit", "json", "jsonl")}
    words = [w for name, path in to.items() for w in ("--write", f"{name}={path}")]
    assert _run(str(design), *words) == ExitCode.OK
    assert "1 of 1 properties as expected" in capsys.readouterr().out
    assert json.loads(to["sarif"].read_text())["version"] == "2.1.0"
    assert to["junit"].read_text().startswith("<?xml")
    assert json.loads(to["json"].read_text())["exit_code"] == 0
    assert "progress" not in to["jsonl"].read_text()


@pytest.mark.parametrize("item", ["sarif", "sarif=", "=x", "sariff=x"])
def test_what_to_write_is_checked_first(
    design: Path, item: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(design), "--write", item) == ExitCode.USAGE
    assert capsys.readouterr().out == ""


def test_the_page_of_a_ci_run_is_added_to(
    design: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    design.write_text(design.read_text().replace("q.index % lines", "q.index"))
    page = tmp_path / "summary.md"
    page.write_text("# before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert _run(str(design), "--format", "github") == ExitCode.VIOLATED
    assert capsys.readouterr().out.startswith("::error file=")
    text = page.read_text()
    assert text.startswith("# before\n## vqcheck: a property is violated\n")
    assert "| `coverage` | **violated** | replayed | holds |" in text
    assert _run(str(design), "--format", "text") == ExitCode.VIOLATED
    assert page.read_text() == text


@pytest.mark.children
def test_where_an_engine_breaks_off_the_others_are_judged(
    design: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    design.write_text(design.read_text() + "check layering\n")
    real = mapping.work

    def work(asked: object, budget: object, *, keep: bool) -> object:
        if getattr(asked, "property", "") == "coverage":
            raise ZeroDivisionError("a bug")
        return real(asked, budget, keep=keep)  # type: ignore[arg-type]

    monkeypatch.setattr(mapping, "work", work)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert _run(str(design)) == ExitCode.INTERNAL
    said = capsys.readouterr()
    assert "coverage   error" in said.out
    assert "layering   holds" in said.out
    assert "coverage of eth0" in said.err
    assert "Traceback" not in said.out + said.err
    (kept,) = tmp_path.glob("vqcheck-crash-*.txt")
    assert "ZeroDivisionError: a bug" in kept.read_text()


@pytest.mark.parametrize("what", ["result", "record", "trace"])
def test_the_schema_is_printed(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", what]) == ExitCode.OK
    printed = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    assert not Draft202012Validator(printed).is_valid({})


def test_a_written_trace_satisfies_its_schema(tmp_path: Path) -> None:
    from tests.report.runs import CLEANED_UP

    to = tmp_path / "run.json"
    only = ("--no-expect", "-p", "no_lost_notifications")
    assert _run(str(CLEANED_UP), *only, "--trace", str(to)) == ExitCode.VIOLATED
    Draft202012Validator(schema("trace_file")).validate(json.loads(to.read_text()))


@pytest.fixture
def warned(tmp_path: Path) -> Path:
    """All is as expected, and the text gets a warning (VQ0412) and a note (VQ0432)."""
    path = tmp_path / "warned.vq"
    raises = "signal queue q { raise line(q) }  signal config { raise line(config) }  handler on"
    text = TEXT.replace("handler on", raises).replace("nic(4)", "nic(1)")
    path.write_text(text + "param unread in 1..2\ncheck coverage, no_lost_notifications\n")
    return path


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "sarif", "junit", "github", "markdown"])
def test_every_form_has_the_warnings_and_the_notes(
    warned: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(warned), "--format", form) == ExitCode.OK
    shown = capsys.readouterr().out
    assert "VQ0412" in shown
    assert "VQ0432" in shown


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_quiet_keeps_the_warnings(
    warned: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(str(warned), "--format", form, "-q") == ExitCode.OK
    shown = capsys.readouterr().out
    assert "warning[VQ0412]" in shown
    assert "VQ0432" not in shown


def test_markdown_has_its_table_by_itself(warned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Up to the next empty line all is HTML, and `|` no sign of a table.
    assert _run(str(warned), "--format", "markdown") == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[lines.index("| property | outcome | strength | expected |") - 1] == ""
