"""The command line as a whole: finding commands, exit codes, and what happens when it breaks."""

import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import click
import pytest

from checker import __version__
from checker.commands import main as main_module
from checker.commands.exit_codes import PRECEDENCE, ExitCode, combined, table
from checker.commands.main import commands, main

ROOT = Path(__file__).parents[2]


def _run(*args: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "checker.commands.main", *args]
    env = os.environ | more
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=env, check=False, timeout=60
    )


def test_help_lists_every_command() -> None:
    said = _run("--help")
    assert said.returncode == 0
    assert all(name in said.stdout for name in ("check", "fmt", "explain", "doctor", "completion"))


_HEAVY = """
import sys
from checker.commands.main import main
main(["--help"])
heavy = ("z3", "lark", "rich", "hypothesis", "pygls", "lsprotocol")
mine = [m for m in sys.modules if m.split(".")[0] in heavy or m.startswith("checker.commands.")]
print(sorted(mine))
"""


def test_help_imports_no_command() -> None:
    said = subprocess.run(
        [sys.executable, "-c", _HEAVY], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert (
        said.stdout.splitlines()[-1] == "['checker.commands.exit_codes', 'checker.commands.main']"
    )


def test_every_command_can_be_imported_and_has_help() -> None:
    for name, (module, does) in commands().items():
        command = import_module(f"checker.commands.{module}").command
        assert isinstance(command, click.Command)
        assert command.name == name
        assert does
        assert command.help


def test_version() -> None:
    assert _run("--version").stdout == f"checker, version {__version__}\n"


def test_an_unknown_command_is_a_usage_error_with_a_guess() -> None:
    said = _run("chekc")
    assert said.returncode == 2
    assert "Did you mean `checker check`?" in said.stderr
    assert _run("--nonsense").returncode == 2
    assert "checker verify x.vq" in _run("x.vq").stderr


def test_an_unexpected_exception_leaves_a_report_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise ZeroDivisionError("nothing\nto see")

    monkeypatch.setattr(main_module.cli, "main", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["doctor"]) == ExitCode.INTERNAL
    said = capsys.readouterr().err
    (report,) = tmp_path.glob("vqcheck-crash-*.txt")
    assert "internal error: ZeroDivisionError: nothing; this is a bug in vqcheck" in said
    assert str(report) in said
    assert "Traceback" not in said
    text = report.read_text()
    assert "Traceback" in text
    assert "arguments: ['doctor']" in text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        (RecursionError("deep"), ExitCode.INTERNAL),
        (MemoryError(), ExitCode.INTERNAL),
        (click.UsageError("no"), ExitCode.USAGE),
        (click.ClickException("no"), ExitCode.USAGE),
    ],
)
def test_whatever_is_raised_becomes_an_exit_code(
    error: BaseException, code: ExitCode, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr(main_module.cli, "main", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main([]) == code


def test_a_report_that_cannot_be_written_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise ValueError("x")

    monkeypatch.setattr(main_module.cli, "main", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert main([]) == ExitCode.INTERNAL
    assert "no report could be written" in capsys.readouterr().err


@pytest.mark.parametrize("args", [["exit-codes"], ["--help"]])
def test_a_closed_pipe_is_quiet(args: list[str]) -> None:
    command = [sys.executable, "-m", "checker.commands.main", *args]
    read, write = os.pipe()
    os.close(read)
    said = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(write)
    assert said.stderr == b""
    assert said.returncode == ExitCode.PIPE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full")
@pytest.mark.parametrize("args", [["--help"], ["explain", "coverage"], ["exit-codes"]])
def test_a_full_disk_is_said_and_is_no_bug(args: list[str]) -> None:
    command = [sys.executable, "-m", "checker.commands.main", *args]
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False)
        both = subprocess.run(command, stdout=full, stderr=full, cwd=ROOT, check=False)
    assert said.returncode == both.returncode == ExitCode.USAGE
    assert said.stderr == b"Error: The output cannot be written: No space left on device.\n"


def test_a_closed_output_is_no_bug() -> None:
    for closed, where in ((">&-", "explain coverage"), (">&- 2>&-", "explain nonsense")):
        command = f'"{sys.executable}" -m checker.commands.main {where} {closed}'
        said = subprocess.run(command, shell=True, capture_output=True, cwd=ROOT, check=False)
        want = ExitCode.USAGE if "nonsense" in where else ExitCode.OK
        assert (said.returncode, said.stdout, said.stderr) == (want, b"", b"")


def test_the_exit_codes_are_the_documented_ones() -> None:
    values = {c.name: c.value for c in ExitCode}
    assert values == {
        "OK": 0, "VIOLATED": 1, "USAGE": 2, "SPEC": 3, "INCONCLUSIVE": 4, "VACUOUS": 5,
        "DISAGREE": 6, "INTERNAL": 70, "INTERRUPTED": 130, "PIPE": 141,
    }  # fmt: skip
    assert _run("exit-codes").stdout == table() + "\n"


def test_the_worst_of_several_exit_codes_wins() -> None:
    assert combined([]) == 0
    assert combined([0, 0]) == 0
    assert combined([0, 2]) == 2
    for i, worse in enumerate(PRECEDENCE):
        assert combined([0, *PRECEDENCE[i:][::-1]]) == worse


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    said = _run("completion", shell)
    assert said.returncode == 0
    assert f"_CHECKER_COMPLETE={shell}_complete" in said.stdout


def test_completion_knows_the_commands() -> None:
    said = _run(_CHECKER_COMPLETE="bash_complete", COMP_WORDS="checker ch", COMP_CWORD="1")
    assert said.stdout.split() == ["plain,check"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("prove", "a.vq"), "Did you mean `checker verify`?"),
        (("simulate", "a.vq"), "Did you mean `checker fuzz`?"),
        (("verfy", "a.vq"), "Did you mean `checker verify`?"),
        (("verify", "specs/mmio/todai.vq"), "Did you mean `specs/mmio/today.vq`?"),
        (("verify", "spec"), "Did you mean `specs`?"),
        (("verify", "specs/mmio/today.vq", "--param", "n", "3"), "`--param NAME=VALUE`"),
        (("verify", "specs/mmio/today.vq", "n=3"), "`--param NAME=VALUE`"),
        (("verify", "specs/mmio/today.vq", "-p", "lost"), "Did you mean `no_lost_notifications`?"),
        (("show", "specs/mmio/today.vq", "--grant", "2"), "expected DEVICE=N"),
        (("show", "specs/mmio/today.vq", "--grant", "eth=2"), "There is: "),
    ],
)
def test_what_is_not_there_gets_a_hint(words: tuple[str, ...], hint: str) -> None:
    said = _run(*words)
    assert said.returncode == ExitCode.USAGE
    assert hint in said.stderr


def _completed(line: str) -> list[str]:
    words = line.split(" ")
    said = _run(_CHECKER_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert not said.stderr
    return said.stdout.split()


@pytest.mark.parametrize(
    "name", "verify fuzz check fmt bundle report mutate export show recheck diff replay".split()
)
def test_completion_has_the_shell_list_files(name: str) -> None:
    assert _completed(f"checker {name} spe") == ["file,spe"]


def test_completion_knows_what_options_take() -> None:
    design = "specs/mmio_multi_irq/hinted.vq"
    assert _completed(f"checker verify {design} --param pa") == ["plain,pairs="]
    assert _completed(f"checker show {design} --param pa") == ["plain,pairs="]
    assert _completed("checker verify nowhere.vq --param pa") == []
    assert "plain,sarif=" in _completed("checker verify --write sa")
    assert _completed("checker verify -p cov") == ["plain,coverage"]


def test_completion_knows_what_is_explained() -> None:
    assert _completed("checker explain VQ020")[:2] == ["plain,VQ0201", "plain,VQ0202"]
    assert _completed("checker explain unse") == ["plain,unseen"]
    assert "plain,layering" in _completed("checker explain la")


def test_help_is_fast() -> None:
    """Three times the interpreter's own start, with room for a loaded machine."""
    best = {"bare": 9.0, "help": 9.0}
    for _ in range(3):
        for what, args in (("bare", ["-c", ""]), ("help", ["-m", "checker.commands.main", "-h"])):
            start = time.perf_counter()
            subprocess.run([sys.executable, *args], capture_output=True, cwd=ROOT, check=True)
            best[what] = min(best[what], time.perf_counter() - start)
    assert best["help"] < best["bare"] * 8 + 0.1
