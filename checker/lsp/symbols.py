"""The outline of a text."""

from __future__ import annotations

from lsprotocol import types as lsp

from checker.language import tree as t
from checker.lsp.analysis import Analysis
from model.span import Span

_Kind = lsp.SymbolKind


def symbols(analysis: Analysis) -> list[lsp.DocumentSymbol]:
    """All declarations of the text, with what stands inside of them."""
    if analysis.file is None:
        return []
    made = (_symbol(analysis, item) for item in analysis.file.tree.items)
    return [s for s in made if s]


def _symbol(analysis: Analysis, node: object) -> lsp.DocumentSymbol | None:
    named = _named(node)
    if named is None:
        return None
    name, kind, at, span, items = named
    inside = [s for s in (_symbol(analysis, x) for x in items) if s]
    source = span.source
    head = source.text[span.start : span.end].split("{")[0].split("\n")[0].strip()
    return lsp.DocumentSymbol(
        name=name or "(no name)",
        kind=kind,
        range=analysis.range(span),
        selection_range=analysis.range(at),
        detail=head,
        children=inside or None,
    )


_Named = tuple[str, lsp.SymbolKind, Span, Span, tuple[object, ...]]


def _named(node: object) -> _Named | None:
    """The name of a declaration, its kind, the place of the name, all of it, and its items."""
    match node:
        case t.ParamDecl(name):
            return name.text, _Kind.Variable, name.span, node.span, ()
        case t.Let(name):
            return name.text, _Kind.Constant, name.span, node.span, ()
        case t.Platform(name, items=items):
            return name.text, _Kind.Namespace, name.span, node.span, items
        case t.PlatformChoice(name):
            return f"platform {name.text}", _Kind.Namespace, name.span, node.span, ()
        case t.Controller(name):
            return name.text, _Kind.Array, name.span, node.span, ()
        case t.DeviceType(name, items=items):
            return name.text, _Kind.Class, name.span, node.span, items
        case t.Device(name):
            return name.text, _Kind.Object, name.span, node.span, ()
        case t.Claim(t.Ident() as name):
            return name.text, _Kind.Boolean, name.span, node.span, ()
        case t.Check(properties):
            names = ", ".join(p.text for p in properties)
            return f"check {names}", _Kind.Event, node.span, node.span, ()
        case _:
            return _in_types(node) or _in_transports(node)


def _in_types(node: object) -> _Named | None:
    match node:
        case t.Feature(name):
            return name.text, _Kind.Boolean, name.span, node.span, ()
        case t.Queue(name):
            return name.text, _Kind.Field, name.span, node.span, ()
        case _:
            return None


def _in_transports(node: object) -> _Named | None:
    match node:
        case t.Transport(name, items=items):
            return name.text, _Kind.Interface, name.span, node.span, items
        case t.Policy(name, attempts=attempts):
            return name.text, _Kind.Interface, name.span, node.span, attempts
        case t.Attempt(name):
            return f"try {name.text}", _Kind.Method, name.span, node.span, ()
        case t.Pool(name) | t.Register(name) | t.HintDecl(name):
            return name.text, _Kind.Property, name.span, node.span, ()
        case t.Map(layer):
            return f"map in {layer.text}", _Kind.Method, layer.span, node.span, ()
        case t.Signal(queue, mode):
            of = "queue" if queue else "config"
            within = f" in {mode.text}" if mode else ""
            return f"signal {of}{within}", _Kind.Event, _head(node.span), node.span, ()
        case t.Drive(line):
            return "drive line", _Kind.Event, line.span, node.span, ()
        case t.Handler(name, line):
            at = name or line
            return name.text if name else "handler", _Kind.Function, at.span, node.span, ()
        case t.Service(name):
            return name.text, _Kind.Function, name.span, node.span, ()
        case _:
            return None


def _head(span: Span) -> Span:
    """Its first word."""
    word = span.text.split(None, 1)[0]
    return Span(span.source, span.start, span.start + len(word))
