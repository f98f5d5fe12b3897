"""An editor: pygls' own client, which starts `checker lsp` as a process and speaks with it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

T = TypeVar("T")
_PATIENCE = 20.0


class Editor:
    """A session, step by step: each call returns when the server has answered."""

    def __init__(self, folder: Path, capabilities: lsp.ClientCapabilities | None = None) -> None:
        self.folder = folder
        self.diagnostics: dict[str, list[lsp.Diagnostic]] = {}
        self.messages: list[lsp.ShowMessageParams] = []
        self.progress: list[Any] = []
        self.errors: list[str] = []
        self.registered: list[lsp.Registration] = []
        self.refreshed = 0
        self._loop = asyncio.new_event_loop()
        self._client = LanguageClient("editor", "1")
        self._listen()
        self.server = self.run(self._start(capabilities or CAPABILITIES))

    def _listen(self) -> None:
        def diagnostics(params: lsp.PublishDiagnosticsParams) -> None:
            self.diagnostics[params.uri] = list(params.diagnostics)

        def refresh(params: None) -> None:
            self.refreshed += 1

        for method, handler in {
            lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: diagnostics,
            lsp.WINDOW_SHOW_MESSAGE: self.messages.append,
            lsp.WINDOW_WORK_DONE_PROGRESS_CREATE: lambda p: self.progress.append(p.token),
            lsp.CLIENT_REGISTER_CAPABILITY: lambda p: self.registered.extend(p.registrations),
            lsp.PROGRESS: lambda p: self.progress.append(p.value),
            lsp.WORKSPACE_CODE_LENS_REFRESH: refresh,
        }.items():
            # pygls marks what it is given, which has to be a plain function for that.
            def handle(params: Any, to: Callable[[Any], None] = handler) -> None:  # type: ignore[assignment]
                to(params)

            self._client.feature(method)(handle)

    async def _start(self, capabilities: lsp.ClientCapabilities) -> lsp.InitializeResult:
        await self._client.start_io(sys.executable, "-m", "checker.commands.main", "lsp")
        params = lsp.InitializeParams(capabilities, root_uri=self.folder.as_uri())
        answer = await self._client.initialize_async(params)
        self._client.initialized(lsp.InitializedParams())
        return answer

    @property
    def pid(self) -> int:
        """The process of the server."""
        assert self._client._server is not None
        return self._client._server.pid

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of what the client does."""
        return self._loop.run_until_complete(asyncio.wait_for(work, _PATIENCE))

    def wait(self, what: Callable[[], T | None]) -> T:
        """What comes to be so."""

        async def until() -> T:
            while (found := what()) is None:
                await asyncio.sleep(0.01)
            return found

        return self.run(until())

    def close(self) -> int:
        """End the session; what the server exits with."""

        async def end() -> int:
            await self._client.shutdown_async(None)
            self._client.exit(None)
            server = self._client._server
            assert server is not None
            code: int = await server.wait()
            await self._client.stop()  # type: ignore[no-untyped-call]
            return code

        code = self.run(end())
        self._loop.close()
        return code

    # Texts

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> list[lsp.Diagnostic]:
        """Open a text, which need not be on disk; what is said of it."""
        uri = name if ":" in name else self.uri(name)
        self.diagnostics.pop(uri, None)
        item = lsp.TextDocumentItem(uri, "vq", 1, text)
        self._client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return self.wait(lambda: self.diagnostics.get(uri))

    def change(self, name: str, text: str) -> None:
        version = lsp.VersionedTextDocumentIdentifier(2, self.uri(name))
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self._client.text_document_did_change(lsp.DidChangeTextDocumentParams(version, [change]))

    def shut(self, name: str) -> None:
        of = lsp.TextDocumentIdentifier(self.uri(name))
        self._client.text_document_did_close(lsp.DidCloseTextDocumentParams(of))

    def codes(self, name: str) -> list[str]:
        return [str(d.code) for d in self.diagnostics.get(self.uri(name), [])]

    # Questions

    def _at(self, name: str, line: int, character: int) -> dict[str, Any]:
        of = lsp.TextDocumentIdentifier(self.uri(name))
        return {"text_document": of, "position": lsp.Position(line, character)}

    def hover(self, name: str, line: int, character: int) -> str:
        params = lsp.HoverParams(**self._at(name, line, character))
        found = self.run(self._client.text_document_hover_async(params))
        return str(found.contents.value) if found else ""  # type: ignore[union-attr]

    def definition(self, name: str, line: int, character: int) -> list[lsp.Location]:
        params = lsp.DefinitionParams(**self._at(name, line, character))
        found = self.run(self._client.text_document_definition_async(params))
        return list(found or [])  # type: ignore[arg-type]

    def completion(self, name: str, line: int, character: int) -> list[str]:
        params = lsp.CompletionParams(**self._at(name, line, character))
        found = self.run(self._client.text_document_completion_async(params))
        return [i.label for i in found or []]  # type: ignore[union-attr]

    def symbols(self, name: str) -> list[lsp.DocumentSymbol]:
        params = lsp.DocumentSymbolParams(lsp.TextDocumentIdentifier(self.uri(name)))
        found = self.run(self._client.text_document_document_symbol_async(params))
        return list(found or [])  # type: ignore[arg-type]

    def formatting(self, name: str) -> list[lsp.TextEdit]:
        of = lsp.TextDocumentIdentifier(self.uri(name))
        params = lsp.DocumentFormattingParams(of, lsp.FormattingOptions(4, True))
        found = self.run(self._client.text_document_formatting_async(params))
        return list(found or [])

    def lenses(self, name: str) -> list[lsp.CodeLens]:
        params = lsp.CodeLensParams(lsp.TextDocumentIdentifier(self.uri(name)))
        found = self.run(self._client.text_document_code_lens_async(params))
        return list(found or [])

    def execute(self, command: str, *arguments: Any) -> Any:
        params = lsp.ExecuteCommandParams(command, list(arguments))
        return self.run(self._client.workspace_execute_command_async(params))

    def ask(self, method: str, params: Any) -> Any:
        """Anything at all."""

        async def asked() -> Any:
            return await self._client.protocol.send_request_async(method, params)

        return self.run(asked())

    def notify(self, method: str, params: Any) -> None:
        self._client.protocol.notify(method, params)


CAPABILITIES = lsp.ClientCapabilities(
    window=lsp.WindowClientCapabilities(work_done_progress=True),
    workspace=lsp.WorkspaceClientCapabilities(
        code_lens=lsp.CodeLensWorkspaceClientCapabilities(refresh_support=True),
        did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(True),
    ),
)
