"""Verifications that the editor asked for: one a text, and what is known until the text changes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from checker.lsp import results
from checker.lsp.process import Broken, verified
from checker.report.diagnostics import as_json
from model.record import dataclass

if TYPE_CHECKING:
    from checker.lsp.server import Server

_Diagnostics = dict[str, list[lsp.Diagnostic]]


@dataclass(slots=True)
class _Known:
    """Of one text: the run that is under way, and what earlier ones said of each property."""

    inputs: frozenset[tuple[str, str]]
    """All that the text consists of: what is said is about that, and nothing else."""
    task: asyncio.Task[None] | None = None
    token: str = ""
    verdicts: dict[str, str] = field(default_factory=dict)
    found: dict[str, _Diagnostics] = field(default_factory=dict)
    """By property; of the text as a whole by an empty name."""


class Verification:
    """Runs of all texts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, _Known] = {}
        self._tokens = itertools.count(1)

    def is_running(self, uri: str) -> bool:
        """Whether a run of that text is under way."""
        known = self._known.get(uri)
        return known is not None and known.task is not None

    def verdicts(self, uri: str) -> dict[str, str]:
        """What was said of its properties, in a few words."""
        return self._known[uri].verdicts if uri in self._known else {}

    def found(self) -> list[_Diagnostics]:
        """What is to be shown."""
        return [d for known in self._known.values() for d in known.found.values()]

    # Start and end

    def start(self, uri: str, names: Sequence[str]) -> None:
        """Verify these properties of a text as it is now; a run of it that is under way ends."""
        self.cancel(uri)
        inputs = self._server.reread(uri).inputs
        known = self._known.get(uri)
        if known is None or known.inputs != inputs:
            known = self._known[uri] = _Known(inputs)
        known.token = f"vqcheck-{next(self._tokens)}"
        known.task = asyncio.get_running_loop().create_task(self._run(uri, known, tuple(names)))
        self._server.refresh_lenses()

    def cancel(self, uri: str) -> None:
        """End the run of a text; what earlier runs said stays."""
        known = self._known.get(uri)
        if known is not None and known.task is not None:
            known.task.cancel()
            known.task = None
            self._server.refresh_lenses()

    def cancel_by_token(self, token: str) -> None:
        """End the run that the editor shows under this name."""
        for uri, known in self._known.items():
            if known.token == token:
                self.cancel(uri)

    def withdraw(self, uri: str) -> None:
        """The text has changed: end its run, and take back all that was said of it."""
        self.cancel(uri)
        if self._known.pop(uri, None) is not None:
            self._server.refresh_lenses()

    def withdraw_all(self) -> None:
        """End all runs."""
        for uri in list(self._known):
            self.withdraw(uri)

    # A run

    async def _run(self, uri: str, known: _Known, names: Sequence[str]) -> None:
        task, token, shows = asyncio.current_task(), known.token, False
        server = self._server
        try:
            analysis, texts = server.analysis(uri), server.texts()
            if analysis.loaded.design is None:  # It takes no solver to see that.
                report: dict[str, Any] = {"diagnostics": as_json(analysis.loaded.diagnostics)}
            else:
                shows = await self._begin(token, names)
                follow = partial(self._step, token) if shows else _nothing
                report = await verified(analysis.path, texts, names, follow)
                if not results.is_of(report, known.inputs):
                    raise Broken("a file has changed meanwhile")
            if known.task is task:  # Nobody wants the answer of a run that was replaced.
                known.task = None
                self._tell(uri, known, report)
        except Broken as e:
            server.tell(lsp.MessageType.Error, f"The verification broke off: {e}")
        except Exception as e:
            server.tell(lsp.MessageType.Error, server.crashed(e))
        finally:
            if known.task is task:
                known.task = None
            if shows:
                server.work_done_progress.end(token, lsp.WorkDoneProgressEnd())
            server.refresh_lenses()

    def _tell(self, uri: str, known: _Known, report: dict[str, Any]) -> None:
        analysis = self._server.analysis(uri)
        for line in report.get("properties", ()):
            alone = {**report, "properties": [line]}
            known.verdicts[line["property"]] = results.title(line)
            known.found[line["property"]] = results.diagnostics(analysis, alone)
        if results.is_wrong(report):
            known.found[""] = results.diagnostics(analysis, report)
        self._server.publish()
        said = results.message(report)
        self._server.tell(said.type, said.message)

    # Progress

    async def _begin(self, token: str, names: Sequence[str]) -> bool:
        """Open a place for the progress; False if the editor has none."""
        can = self._server.client_capabilities.window
        if not (can and can.work_done_progress):
            return False
        try:
            await self._server.work_done_progress.create_async(token)
        except JsonRpcException:
            return False
        words = ", ".join(names)
        begin = lsp.WorkDoneProgressBegin("verify", cancellable=True, message=words, percentage=0)
        self._server.work_done_progress.begin(token, begin)
        return True

    def _step(self, token: str, done: int, total: int) -> None:
        report = lsp.WorkDoneProgressReport(
            message=f"{done} of {total}", percentage=100 * done // max(total, 1), cancellable=True
        )
        self._server.work_done_progress.report(token, report)


def _nothing(done: int, total: int) -> None:
    """Where the editor has no place for the progress."""
