"""`checker lsp`: a language server for editors, on the standard input and output."""

from __future__ import annotations

import traceback
from importlib.util import find_spec

import click

from checker.commands import crash
from checker.commands.exit_codes import ExitCode

_NEEDS = ("pygls", "lsprotocol")


@click.command("lsp")
def command() -> int:
    """Answer an editor that speaks the Language Server Protocol on the standard streams.

    Diagnostics while typing, hover, go to definition, outline, completion, formatting, and a lens
    that verifies above each `check`. Editors start it themselves: docs/guide/editor.md says how.
    """
    if any(find_spec(name) is None for name in _NEEDS):
        raise click.UsageError("The language server needs pygls: pip install 'vqcheck[lsp]'.")
    from checker.lsp.server import serve

    # An editor that leaves without a word is an error, the protocol says.
    return ExitCode.OK if serve(_crashed) else ExitCode.VIOLATED


def _crashed(error: BaseException) -> str:
    """What to say about an unexpected exception; how it came about is in a file."""
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return crash.report(reason, "".join(traceback.format_exception(error)), ["lsp"])
