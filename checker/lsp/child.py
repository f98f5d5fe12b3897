"""The process that verifies for the server: a question as JSON in, progress and a report out.

What it reads are the texts of the editor, saved or not, by the same reader and the same engines as
`checker verify`. The server ends the process, with all that it started, when nobody asks any more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from checker.options import Options
from checker.report.json import design_data
from checker.suggest import suggested
from checker.verify import verify


def main() -> None:
    """Answers one question."""
    question: Mapping[str, object] = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # What a solver prints is no part of the answer.

    def say(data: Mapping[str, object]) -> None:
        out.write(json.dumps(data) + "\n")
        out.flush()

    path, options = Path(str(question["path"])), _options(question, say)
    say({"report": design_data(suggested(path, verify(path, options), options))})


def _options(
    question: Mapping[str, object], say: Callable[[Mapping[str, object]], None]
) -> Options:
    texts, names = question["overlay"], question["properties"]
    assert isinstance(texts, dict)
    assert isinstance(names, list)
    last, server = [-1], os.getppid()

    def progress(what: str, done: int, total: int) -> None:  # noqa: ARG001
        if os.getppid() != server:  # It was killed: nobody is left to end what runs here.
            os.killpg(os.getpgrp(), signal.SIGKILL)
        if done != last[0]:
            last[0] = done
            say({"done": done, "total": total})

    return Options(
        jobs=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2,
        overlay=texts,
        among=frozenset(map(str, names)),
        progress=progress,
    )


if __name__ == "__main__":
    main()
