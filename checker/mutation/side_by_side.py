"""Independent pieces of work, each in a forked process of its own, some at a time.

Forked for the reasons of docs/decisions/0006. What is stopped here ends its own children first.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import pickle
import selectors
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Any, TypeVar

from model.record import dataclass

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Died:
    """A piece of work that ended without a result, and how."""

    why: str


@dataclass(slots=True)
class _Child:
    index: int
    pid: int
    pipe: int
    received: bytearray = field(default_factory=bytearray)


def each(
    items: Sequence[T], work: Callable[[T], R], jobs: int, idle: Callable[[int], None]
) -> Iterator[tuple[int, R | Died]]:
    """Each item's place with its result, as they come; `idle` is called with how many are done."""
    running: dict[int, _Child] = {}
    selector = selectors.DefaultSelector()
    todo = iter(range(len(items)))
    done = 0
    try:
        while True:
            while len(running) < max(1, jobs) and (k := next(todo, None)) is not None:
                child = _start(k, lambda k=k: work(items[k]))  # type: ignore[misc]
                running[child.pipe] = child
                selector.register(child.pipe, selectors.EVENT_READ)
            if not running:
                return
            for key, _ in selector.select(0.5):
                child = running[key.fd]
                data = os.read(child.pipe, 1 << 20)
                child.received.extend(data)
                if data:
                    continue
                selector.unregister(key.fd)
                result: R | Died = _ended(child)
                del running[key.fd]
                done += 1
                yield child.index, result
            idle(done)
    finally:
        for child in running.values():
            _stop(child)
        selector.close()


def _start(index: int, work: Callable[[], object]) -> _Child:
    sys.stdout.flush()
    sys.stderr.flush()
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _be_child(work, write_end)
    os.close(write_end)
    return _Child(index, pid, read_end)


def _be_child(work: Callable[[], object], write_end: int) -> None:
    """Never returns: leaves without running the parent's clean-up."""
    status = 1
    try:
        os.setpgid(0, 0)  # What is typed at a terminal goes to the parent alone, which says stop.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        faulthandler.disable()
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        with os.fdopen(write_end, "wb") as f:
            f.write(pickle.dumps(_result(work)))
        status = 0
    finally:
        os._exit(status)


def _result(work: Callable[[], object]) -> object:
    """Here the frames of what was broken off end, and with them the solvers that it waits for."""
    try:
        return work()
    except KeyboardInterrupt:
        return Died("it was stopped")
    except Exception as e:  # A bug is a result of its own.
        return Died("".join(traceback.format_exception(e)))


def _ended(child: _Child) -> Any:
    os.close(child.pipe)
    _, status = os.waitpid(child.pid, 0)
    if status == 0 and child.received:
        return pickle.loads(bytes(child.received))
    if os.WIFSIGNALED(status):
        return Died(f"its process died of {signal.Signals(os.WTERMSIG(status)).name}")
    return Died(f"its process ended with status {os.WEXITSTATUS(status)}")


def _stop(child: _Child) -> None:
    """As by Ctrl-C: it ends the solvers that it runs, then itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGINT)
    os.close(child.pipe)
    os.waitpid(child.pid, 0)
