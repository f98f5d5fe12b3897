"""Work that is begun beside other work, in a child of its own, and asked for later.

What it answers is what it would have answered in its place: it is only begun earlier. It belongs
to the process group of the obligation, and is killed with it.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Aside(Generic[T]):
    """Begun when it is made; either `result` or `stop` has to be called in the end."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._pipe, write_end = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _work(work, write_end)
        os.close(write_end)

    def result(self) -> T | None:
        """What came of it, when it is done; None if its process died."""
        with os.fdopen(self._pipe, "rb") as f:
            data = f.read()
        os.waitpid(self.pid, 0)
        found: T | None = pickle.loads(data) if data else None
        return found

    def stop(self) -> None:
        """Nobody asks for it any more."""
        os.kill(self.pid, signal.SIGKILL)
        os.close(self._pipe)
        os.waitpid(self.pid, 0)


def _work(work: Callable[[], object], write_end: int) -> None:
    """Never returns. Whatever goes wrong is left to whoever does the work instead, in its place."""
    try:
        data = pickle.dumps(work())
        with os.fdopen(write_end, "wb") as f:
            f.write(data)
    finally:
        os._exit(0)
