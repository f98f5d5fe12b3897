"""A verification in a process of its own: started, followed, ended with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Follow = Callable[[int, int], None]
_LONGEST = 1 << 26
"""Bytes of a line of the answer: a report is one line."""


class Broken(Exception):
    """The process ended without an answer; the words say how."""


async def verified(
    path: Path, texts: Mapping[str, str], properties: Sequence[str], follow: Follow
) -> dict[str, Any]:
    """The report on a design as plain data; where the task is cancelled, the process is ended."""
    process = await _started()
    question = {"path": str(path), "overlay": dict(texts), "properties": list(properties)}
    try:
        return await _answer(process, json.dumps(question).encode(), follow)
    finally:
        _end(process)
        await process.wait()


async def _started() -> asyncio.subprocess.Process:
    """The process; where the task is cancelled before it is known, it is ended too."""
    # -P: no module of the folder that the editor was started in.
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "checker.lsp.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            limit=_LONGEST,
        )
    )
    try:
        # Cancelled in the middle of it, asyncio would end the process and nothing below it.
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        process = await starting
        _end(process)
        await process.wait()
        raise


async def _answer(
    process: asyncio.subprocess.Process, question: bytes, follow: Follow
) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    errors = asyncio.ensure_future(process.stderr.read())
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(question)
        await process.stdin.drain()
    process.stdin.close()
    try:
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "report" in said:
                report: dict[str, Any] = said["report"]
                return report
            follow(said["done"], said["total"])
    except ValueError as e:
        raise Broken(str(e)) from e
    else:
        words = (await errors).decode("utf-8", "replace").strip().splitlines()
        raise Broken(words[-1] if words else "it said nothing")
    finally:
        errors.cancel()


def _end(process: asyncio.subprocess.Process) -> None:
    """The whole group: engines run in processes below it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
