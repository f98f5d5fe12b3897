"""What `checker check` says of a text, for the editor: codes, hints and related places."""

from __future__ import annotations

from lsprotocol import types as lsp

from checker.diagnostics.diagnostic import Diagnostic
from checker.lsp.analysis import Analysis

SOURCE = "vqcheck"
_START = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
_UNUSED = ("VQ0411", "VQ0412")
"""Rules that nothing reaches and params that nothing reads: shown faded."""


def found(analysis: Analysis) -> dict[str, list[lsp.Diagnostic]]:
    """The diagnostics of a text and of what it uses, by address."""
    out: dict[str, list[lsp.Diagnostic]] = {analysis.uri: []}
    for d in analysis.loaded.diagnostics:
        path = d.at.span.source.path if d.at else d.path
        out.setdefault(analysis.uri_of(path), []).append(_shown(analysis, d))
    return out


def _shown(analysis: Analysis, d: Diagnostic) -> lsp.Diagnostic:
    words = f" ({d.at.words})" if d.at and d.at.words else ""
    hint = f"\nhint: {d.hint}" if d.hint else ""
    also = [
        lsp.DiagnosticRelatedInformation(analysis.location(a.span), a.words or d.headline)
        for a in d.also
    ]
    return lsp.Diagnostic(
        range=analysis.range(d.at.span) if d.at else _START,
        severity=lsp.DiagnosticSeverity.Error if d.is_error else lsp.DiagnosticSeverity.Warning,
        code=d.code,
        source=SOURCE,
        message=f"{d.headline}{words}{hint}",
        related_information=also or None,
        tags=[lsp.DiagnosticTag.Unnecessary] if d.code in _UNUSED else None,
    )
