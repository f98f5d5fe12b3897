"""What goes wrong inside: told in a line, never as a traceback."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import FeatureNotificationError, FeatureRequestError, JsonRpcInternalError

from checker.commands import lsp as command
from checker.commands.main import main
from checker.lsp import child
from checker.lsp import server as of_server
from checker.lsp.process import Broken, verified
from checker.lsp.results import is_of


def broken(server: of_server.Server, uri: str) -> None:
    raise ZeroDivisionError(uri)


def test_an_answer_that_fails_names_the_file_that_says_why() -> None:
    seen: list[BaseException] = []

    def crashed(e: BaseException) -> str:
        seen.append(e)
        return "internal error: see /tmp/x"

    answer = of_server._guarded(of_server.made(crashed), broken)
    with pytest.raises(JsonRpcInternalError) as e:
        answer("a")
    assert (e.value.message, e.value.data) == ("internal error: see /tmp/x", None)
    assert isinstance(seen[0], ZeroDivisionError)
    assert e.value.__suppress_context__


def test_how_it_came_about_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(ZeroDivisionError) as e:
        broken(of_server.made(str), "some.vq")
    words = command._crashed(e.value)
    (report,) = tmp_path.iterdir()
    assert str(report) in words
    assert "Traceback" not in words
    assert "Traceback" in report.read_text()


def test_other_failures_are_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    server = of_server.made(str)
    said: list[str] = []
    monkeypatch.setattr(server, "tell", lambda kind, words: said.append(words))
    server.report_server_error(ValueError("a\nTraceback"), FeatureNotificationError)
    server.report_server_error(JsonRpcInternalError("b\nTraceback"), FeatureNotificationError)
    server.report_server_error(JsonRpcInternalError("c"), FeatureRequestError)
    assert said == ["vqcheck: ValueError", "vqcheck: b"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "it said nothing"),
        ("echo first >&2; echo last >&2", "last"),
        ("echo no json", "Expecting value"),
        ("kill -9 $$", "it said nothing"),
    ],
)
def test_a_process_without_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    large = {"/a.vq": "x" * 1_000_000}  # More than a pipe holds: nobody reads it.
    with pytest.raises(Broken, match=words):
        asyncio.run(verified(tmp_path / "a.vq", large, ["coverage"], lambda done, total: None))


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_process_that_nobody_wants_ends_with_all_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    async def slowly(*words: Any, **more: Any) -> Any:
        made = await start(*words, **more)
        await asyncio.sleep(seconds)
        return made

    # Who cancels may come before the process is known to us, and what is below it runs already.
    start = asyncio.create_subprocess_exec
    monkeypatch.setattr("asyncio.create_subprocess_exec", slowly)
    python, below = tmp_path / "python", tmp_path / "pid"
    python.write_text(
        f"#!/bin/sh\nsleep 30 & echo $! > {below}.new; mv {below}.new {below}; wait\n"
    )
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    async def cancelled() -> None:
        run = asyncio.ensure_future(verified(tmp_path, {}, [], lambda done, total: None))
        while not below.exists():
            await asyncio.sleep(0.01)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(asyncio.wait_for(cancelled(), 10))
    deadline = time.monotonic() + 5
    while is_alive(int(below.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_process_whose_server_is_gone_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr("os.killpg", lambda *of: ended.append(of))
    options = child._options({"overlay": {}, "properties": ["coverage"]}, said.append)
    options.progress("obligations", 0, 2)
    assert (said, ended) == ([{"done": 0, "total": 2}], [])
    monkeypatch.setattr("os.getppid", lambda: 1)
    options.progress("obligations", 0, 2)
    assert ended == [(os.getpgrp(), signal.SIGKILL)]


def is_alive(pid: int) -> bool:
    """Whether a process is there, and no zombie that nobody has buried yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_report_on_other_texts_is_noticed() -> None:
    report = {"inputs": [{"path": "a.vq", "digest": "sha256:12"}]}
    assert is_of(report, frozenset({("a.vq", "12")}))
    assert not is_of(report, frozenset({("a.vq", "13")}))
    assert not is_of(report, frozenset({("a.vq", "12"), ("b.vq", "12")}))


def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert main(["lsp"]) == 2
    assert "pip install 'vqcheck[lsp]'" in capsys.readouterr().err
