"""One obligation, one process: with its own memory limit, killed with its children at its budget.

The child is forked with the solver's library loaded but unused, so starting one costs milliseconds.
How a child can end is an answer too: time-out, out of memory, or death by a signal.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import resource
import selectors
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace

from checker.engines.engine import Answered, Budget, Crashed, GaveUp, Obligation
from checker.engines.run_question import RunObligation, RunResult
from model.record import dataclass

Asked = Obligation | RunObligation
Reply = Answered | RunResult
Work = Callable[[Asked, Budget], Reply]


@dataclass(slots=True)
class _Child:
    index: int
    pid: int
    pipe: int
    started: float
    received: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True)
class Finished:
    """An obligation, by its place in the list, with its answers."""

    index: int
    answered: Reply | Crashed


def run_all(
    obligations: Sequence[Asked],
    work: Work,
    budget: Budget,
    jobs: int,
    idle: Callable[[int], None] = lambda done: None,
) -> Iterator[Finished]:
    """Answers as they come, `jobs` obligations at a time; `idle` is called now and then."""
    # The largest first: then none of them is left to run alone at the end.
    waiting = deque(sorted(range(len(obligations)), key=lambda k: -_size(obligations[k])))
    running: dict[int, _Child] = {}
    selector = selectors.DefaultSelector()
    done = 0
    try:
        while waiting or running:
            while waiting and len(running) < max(1, jobs):
                child = _start(waiting.popleft(), obligations, work, budget)
                running[child.pipe] = child
                selector.register(child.pipe, selectors.EVENT_READ)
            for key, _ in selector.select(_patience(running, budget)):
                child = running[key.fd]
                if _receive(child):
                    continue
                selector.unregister(key.fd)
                del running[key.fd]
                done += 1
                yield Finished(child.index, _ended(child, obligations[child.index], budget))
            for child in [c for c in running.values() if _overdue(c, budget)]:
                selector.unregister(child.pipe)
                del running[child.pipe]
                done += 1
                yield Finished(child.index, _timed_out(child, obligations[child.index], budget))
            idle(done)
    finally:
        for child in running.values():
            _kill(child)
        selector.close()


def _size(obligation: Asked) -> int:
    more = 1_000_000 if isinstance(obligation, RunObligation) else 0
    return more + sum(len(g.facts) for g in obligation.goals)


def _start(index: int, obligations: Sequence[Asked], work: Work, budget: Budget) -> _Child:
    sys.stdout.flush()
    sys.stderr.flush()
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _be_child(obligations[index], work, budget, write_end)
    os.close(write_end)
    return _Child(index, pid, read_end, time.monotonic())


def _be_child(obligation: Asked, work: Work, budget: Budget, write_end: int) -> None:
    """Never returns: leaves without running the parent's clean-up."""
    status = 1
    try:
        gc.disable()  # It would write to every page that is shared with the parent.
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        faulthandler.disable()
        with open(os.devnull, "w") as nowhere:  # Solvers write there as they please.
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        if budget.memory_mib:
            limit = budget.memory_mib << 20
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        reply: object
        try:
            reply = work(obligation, budget)
        except MemoryError:
            reply = GaveUp("out of memory")
        except Exception as e:  # A bug in an engine is an answer of its own, never a verdict.
            reply = _is_memory(e) or _crashed(obligation, e)
        data = pickle.dumps(reply)
        with os.fdopen(write_end, "wb") as f:
            f.write(data)
        status = 0
    finally:
        os._exit(status)


def _crashed(obligation: Asked, e: Exception) -> Crashed:
    where = f"{obligation.property} of {obligation.subject}"
    reason = f"{type(e).__name__}: {e}".splitlines()[0][:200]
    return Crashed(where, reason, "".join(traceback.format_exception(e)))


def _is_memory(e: Exception) -> GaveUp | None:
    words = str(e)
    return GaveUp("out of memory") if "out of memory" in words or "memout" in words else None


def _patience(running: dict[int, _Child], budget: Budget) -> float:
    soonest = min((c.started for c in running.values()), default=time.monotonic())
    return max(0.0, min(0.2, soonest + budget.timeout_seconds - time.monotonic()))


def _receive(child: _Child) -> bool:
    """Read what there is; False at the end of the child's answer."""
    data = os.read(child.pipe, 1 << 20)
    child.received.extend(data)
    return bool(data)


def _overdue(child: _Child, budget: Budget) -> bool:
    return time.monotonic() - child.started >= budget.timeout_seconds


def _ended(child: _Child, obligation: Asked, budget: Budget) -> Reply | Crashed:
    os.close(child.pipe)
    _, status = os.waitpid(child.pid, 0)
    seconds = time.monotonic() - child.started
    reply = pickle.loads(bytes(child.received)) if child.received else None
    if isinstance(reply, Answered | RunResult):
        return reply
    if isinstance(reply, Crashed):
        return replace(reply, seconds=seconds)
    if isinstance(reply, GaveUp):
        return _all(obligation, reply.reason, seconds)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        why = "out of memory" if name == "SIGKILL" else f"the solver died of {name}"
        return _all(obligation, f"{why} (limit {budget.memory_mib:,} MiB)", seconds)
    return _all(obligation, f"the solver's process ended with status {status}", seconds)


def _timed_out(child: _Child, obligation: Asked, budget: Budget) -> Reply:
    _kill(child)
    reason = f"timed out after {budget.timeout_seconds:g} s"
    return _all(obligation, reason, time.monotonic() - child.started)


def _kill(child: _Child) -> None:
    for target in (-child.pid, child.pid):
        try:
            os.kill(target, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.close(child.pipe)
    os.waitpid(child.pid, 0)


def _all(obligation: Asked, reason: str, seconds: float) -> Reply:
    if isinstance(obligation, RunObligation):
        return RunResult(None, open=(f"{obligation.subject}: {reason}",), seconds=seconds)
    return Answered(tuple(GaveUp(reason) for _ in obligation.goals), seconds)
