"""The server: texts as the editor has them, what was said of them, and who asks for what."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from lsprotocol import types as lsp
from pygls.exceptions import FeatureRequestError, JsonRpcException, JsonRpcInternalError
from pygls.lsp.server import LanguageServer

from checker import __version__
from checker.lsp import (
    completion,
    definition,
    diagnostics,
    formatting,
    hover,
    lenses,
    symbols,
)
from checker.lsp.analysis import Analysis, key_of
from checker.lsp.verification import Verification

_PAUSE = 0.15
"""Seconds without a change after which a text is read: about two keys of a fast writer."""
Handler = Callable[..., Any]
Crash = Callable[[BaseException], str]


class Server(LanguageServer):
    """All that is known while an editor is connected."""

    def __init__(self, crashed: Crash) -> None:
        super().__init__("vqcheck", __version__, lsp.TextDocumentSyncKind.Full)
        self.crashed = crashed
        self.was_shut_down = False
        self.verification = Verification(self)
        self._analyses: dict[str, Analysis] = {}
        self._published: dict[str, dict[str, list[lsp.Diagnostic]]] = {}
        self._shown: dict[str, list[lsp.Diagnostic]] = {}
        self._waiting: asyncio.TimerHandle | None = None

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Of what went wrong outside of any request; details are for a file, not for the editor."""
        if source is FeatureRequestError:  # The answer says it.
            return
        words = error.message if isinstance(error, JsonRpcException) else type(error).__name__
        self.tell(lsp.MessageType.Error, f"vqcheck: {words.splitlines()[0] if words else source}")

    def tell(self, kind: lsp.MessageType, words: str) -> None:
        """A message to whoever sits at the editor."""
        self.window_show_message(lsp.ShowMessageParams(kind, words))

    # Texts

    def open_uris(self) -> list[str]:
        """The texts that the editor has open."""
        return list(self.workspace.text_documents)

    def text(self, uri: str) -> str | None:
        """The text of an open document."""
        document = self.workspace.text_documents.get(uri)
        return document.source if document is not None else None

    def texts(self) -> dict[str, str]:
        """All open texts by their real paths."""
        found = ((key_of(u), self.text(u)) for u in self.open_uris())
        # A byte order mark is no character of a design; places stay where they are.
        return {k: f" {x[1:]}" if x[:1] == "\ufeff" else x for k, x in found if x is not None}

    @property
    def encoding(self) -> str:
        """How the editor counts characters."""
        return str(getattr(self.workspace.position_encoding, "value", "utf-16"))

    def analysis(self, uri: str) -> Analysis:
        """What is known of a text as it is now."""
        if uri not in self._analyses:
            opened = {key_of(u): u for u in self.open_uris()}
            self._analyses[uri] = Analysis(uri, self.texts(), opened, self.encoding)
        return self._analyses[uri]

    def reread(self, uri: str) -> Analysis:
        """The same, read anew: of a file that changed on disk not every editor tells."""
        self._analyses.pop(uri, None)
        return self.analysis(uri)

    def changed(self, uri: str) -> None:
        """A text is another now: forget what was known of it, and of those that use it."""
        key = key_of(uri)
        for root, known in list(self._analyses.items()):
            # Where something is wrong it may be a module that was not there.
            if key in known.keys or known.loaded.design is None:
                del self._analyses[root]
            if key in known.keys:
                self.verification.withdraw(root)
        self._later()

    def _later(self) -> None:
        """Publish when nothing has changed for a moment."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().call_later(_PAUSE, self._publish_changed)

    def _publish_changed(self) -> None:
        try:
            self.publish()
        except Exception as e:
            self.tell(lsp.MessageType.Error, self.crashed(e))

    # Diagnostics

    def publish(self) -> None:
        """Say what is wrong with all open texts, and take back what is not said any more."""
        uris = self.open_uris()
        self._published = {u: diagnostics.found(self.analysis(u)) for u in uris}
        said: dict[str, list[lsp.Diagnostic]] = {u: [] for u in uris}
        sources = [*self._published.values(), *self.verification.found()]
        for uri, some in ((u, x) for by_uri in sources for u, x in by_uri.items()):
            mine = said.setdefault(uri, [])
            mine += [d for d in some if d not in mine]  # A module is read for each that uses it.
        for uri in [*said, *(u for u in self._shown if u not in said)]:
            new = said.get(uri, [])
            if self._shown.get(uri) != new:
                self._send(uri, new)
        self._shown = {u: x for u, x in said.items() if x or u in uris}

    def _send(self, uri: str, found: list[lsp.Diagnostic]) -> None:
        document = self.workspace.text_documents.get(uri)
        version = document.version if document else None
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, found, version=version)
        )

    def watch(self) -> None:
        """Have the editor tell of files that change on disk, if it knows how."""
        can = self.client_capabilities.workspace
        files = can and can.did_change_watched_files
        if not (files and files.dynamic_registration):
            return
        method = lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES
        every = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher("**/*.vq")])
        wanted = [lsp.Registration("vqcheck-files", method, every)]
        self.client_register_capability(lsp.RegistrationParams(wanted))

    def refresh_lenses(self) -> None:
        """Have the editor ask for the lenses again, if it knows how."""
        can = self.client_capabilities.workspace
        if can and can.code_lens and can.code_lens.refresh_support:
            self.workspace_code_lens_refresh(None)


# What is asked


def _initialized(server: Server, params: lsp.InitializedParams) -> None:  # noqa: ARG001
    server.watch()


def _opened(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    server.changed(params.text_document.uri)
    server.publish()


def _changed(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    server.changed(params.text_document.uri)


def _closed(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    server.changed(params.text_document.uri)
    server.publish()


def _files_changed(server: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    for change in params.changes:
        if server.text(change.uri) is None:  # Of an open text the editor's own is read.
            server.changed(change.uri)


def _hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    return hover.hover(server.analysis(params.text_document.uri), params.position)


def _definition(server: Server, params: lsp.DefinitionParams) -> list[lsp.Location]:
    return definition.definition(server.analysis(params.text_document.uri), params.position)


def _symbols(server: Server, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    return symbols.symbols(server.analysis(params.text_document.uri))


def _completion(server: Server, params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
    return completion.completion(server.analysis(params.text_document.uri), params.position)


def _formatting(server: Server, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    uri = params.text_document.uri
    text = server.text(uri)
    return [] if text is None else formatting.edits(key_of(uri), text, server.encoding)


def _lenses(server: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    uri = params.text_document.uri
    known = server.verification
    return lenses.lenses(server.analysis(uri), known.is_running(uri), known.verdicts(uri))


def _progress_cancelled(server: Server, params: lsp.WorkDoneProgressCancelParams) -> None:
    server.verification.cancel_by_token(str(params.token))


def _shut_down(server: Server, params: None) -> None:  # noqa: ARG001
    server.was_shut_down = True
    server.verification.withdraw_all()


_FEATURES: Mapping[str, Handler] = {
    lsp.INITIALIZED: _initialized,
    lsp.TEXT_DOCUMENT_DID_OPEN: _opened,
    lsp.TEXT_DOCUMENT_DID_CHANGE: _changed,
    lsp.TEXT_DOCUMENT_DID_CLOSE: _closed,
    lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES: _files_changed,
    lsp.TEXT_DOCUMENT_HOVER: _hover,
    lsp.TEXT_DOCUMENT_DEFINITION: _definition,
    lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _symbols,
    lsp.TEXT_DOCUMENT_COMPLETION: _completion,
    lsp.TEXT_DOCUMENT_FORMATTING: _formatting,
    lsp.TEXT_DOCUMENT_CODE_LENS: _lenses,
    lsp.WINDOW_WORK_DONE_PROGRESS_CANCEL: _progress_cancelled,
    lsp.SHUTDOWN: _shut_down,
}
_OPTIONS: Mapping[str, object] = {
    lsp.TEXT_DOCUMENT_COMPLETION: lsp.CompletionOptions(trigger_characters=["."]),
}


def _verify(server: Server, uri: str, names: list[str]) -> None:
    server.verification.start(uri, names)


def _cancel(server: Server, uri: str) -> None:
    server.verification.cancel(uri)


def made(crashed: Crash) -> Server:
    """A server with all that it answers."""
    server = Server(crashed)
    for name, handler in _FEATURES.items():
        server.feature(name, _OPTIONS.get(name))(_guarded(server, handler))
    server.command(lenses.VERIFY)(_guarded(server, _verify))
    server.command(lenses.CANCEL)(_guarded(server, _cancel))
    return server


def _guarded(server: Server, handler: Handler) -> Handler:
    """The handler of that server; what it does not expect is told without a traceback."""

    @functools.wraps(handler)
    def answer(*args: object) -> object:
        try:
            return handler(server, *args)
        except JsonRpcException:
            raise
        except Exception as e:
            raise JsonRpcInternalError(server.crashed(e)) from None

    # What arguments a command takes is read off its signature.
    signature = inspect.signature(handler, eval_str=True)
    rest = list(signature.parameters.values())[1:]
    del answer.__wrapped__
    answer.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
    answer.__annotations__ = {p.name: p.annotation for p in rest}
    return answer


def serve(crashed: Crash) -> bool:
    """Speak with an editor on the standard streams; whether it said goodbye properly."""
    logging.getLogger("pygls").addHandler(logging.NullHandler())
    logging.getLogger("pygls").propagate = False
    server = made(crashed)
    stdin, stdout = sys.stdin.buffer, _own_output()
    server.start_io(stdin, stdout)
    return server.was_shut_down


def _own_output() -> BinaryIO:
    """The standard output, for messages alone: what anything else prints goes to the error."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own
