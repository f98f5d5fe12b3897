"""What stands above each `check`: a lens that verifies it, and one for each of its properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lsprotocol import types as lsp

from checker.language import tree as t
from checker.language.load import PROPERTIES
from checker.lsp.analysis import Analysis

VERIFY, CANCEL = "vqcheck.verify", "vqcheck.cancel"


def asked(check: t.Check) -> list[str]:
    """The properties of a `check`, without names that mean none."""
    names = [p.text for p in check.properties]
    return sorted(PROPERTIES) if "all" in names else [n for n in names if n in PROPERTIES]


def lenses(analysis: Analysis, running: bool, verdicts: Mapping[str, str]) -> list[lsp.CodeLens]:
    """The lenses of a text; `verdicts` has what is known of properties, in a few words."""
    checks = (
        [i for i in analysis.file.tree.items if isinstance(i, t.Check)] if analysis.file else []
    )
    return [lens for check in checks for lens in _of(analysis, check, running, verdicts)]


def _of(
    analysis: Analysis, check: t.Check, running: bool, verdicts: Mapping[str, str]
) -> Iterator[lsp.CodeLens]:
    whole, names = analysis.range(check.span), asked(check)
    if running:
        yield lsp.CodeLens(
            whole, lsp.Command("verifying ... (cancel)", CANCEL, arguments=[analysis.uri])
        )
        return
    if not names:
        return
    yield _lens(analysis, whole, "verify", names)
    for p in check.properties if len(check.properties) > 1 or verdicts else ():
        if p.text in PROPERTIES:
            words = verdicts.get(p.text, f"verify {p.text}")
            yield _lens(analysis, analysis.range(p.span), words, [p.text])


def _lens(analysis: Analysis, at: lsp.Range, words: str, names: list[str]) -> lsp.CodeLens:
    return lsp.CodeLens(at, lsp.Command(words, VERIFY, arguments=[analysis.uri, names]))
