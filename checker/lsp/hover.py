"""What the name or word at a place is: its declaration, a device laid out, a property, a word."""

from __future__ import annotations

from typing import Any

from lsprotocol import types as lsp

from checker.language import tree as t
from checker.language.load import PROPERTIES
from checker.lsp.analysis import Analysis
from checker.lsp.definition import used
from checker.lsp.nodes import Declaration, declaration, declares, names_of, nodes_at
from checker.lsp.words import WORDS
from checker.report.drawing import Drawing, DrawnQueue
from checker.verdict.words import WORDS as VERDICTS
from model.span import Source, Span

_KINDS: dict[type, str] = {
    t.Assign: "local",
    t.Attempt: "attempt",
    t.Claim: "assertion",
    t.Controller: "controller",
    t.Device: "device",
    t.DeviceType: "device type",
    t.Feature: "feature",
    t.Handler: "handler",
    t.HintDecl: "hint",
    t.Index: "index",
    t.Let: "let",
    t.LockStmt: "lock",
    t.ParamDecl: "param",
    t.Platform: "platform",
    t.Policy: "policy",
    t.Pool: "pool",
    t.Queue: "queue family",
    t.ReadStmt: "bits of a register",
    t.Register: "register",
    t.Role: "role",
    t.Service: "service",
    t.Transport: "transport",
    t.TypeParam: "parameter",
}
_LONG = (
    t.Attempt,
    t.DeviceType,
    t.ForStmt,
    t.Handler,
    t.LockStmt,
    t.Platform,
    t.Policy,
    t.Service,
    t.Signal,
    t.Transport,
)
"""What is shown without its body."""
_MOST_ROWS = 12


def hover(analysis: Analysis, position: lsp.Position) -> lsp.Hover | None:
    """What is shown of the word at a place; None if there is nothing to say."""
    word = analysis.word(position)
    if word is None or analysis.file is None:
        return None
    words = _of_word(analysis, word)
    if not words:
        return None
    content = lsp.MarkupContent(lsp.MarkupKind.Markdown, words)
    return lsp.Hover(content, analysis.range(word))


def _of_word(analysis: Analysis, word: Span) -> str:
    module = used(analysis, word)
    if module is not None:
        return f"module `{module.source.path}`\n\n{_header(module.source)}".strip()
    declared = analysis.declared(word)
    told = dict.fromkeys(_of_declaration(analysis, span, word) for span in declared)
    if any(told):
        return "\n\n---\n\n".join(x for x in told if x)
    assert analysis.file is not None
    node, around = declares(analysis.file.tree, word)
    if node is not None:
        return _described(analysis, node, around, word.text, word)
    if _is_asked(analysis, word):
        return _property(word.text) if word.text in PROPERTIES else _outcome(word.text)
    return f"`{word.text}`: {WORDS[word.text]}" if word.text in WORDS else ""


def _is_asked(analysis: Analysis, word: Span) -> bool:
    assert analysis.file is not None
    inner = nodes_at(analysis.file.tree, word.start)
    asks = any(isinstance(n, t.Check | t.Expect) for n in inner)
    return asks and isinstance(inner[-1], t.Ident) and word.text in (*PROPERTIES, *VERDICTS)


def _property(name: str) -> str:
    from checker.properties.property import properties  # noqa: PLC0415  (only to tell of one)

    known = properties().get(name)
    more = f"`checker explain {name}` says more."
    return f"property `{name}`: {known.asks}\n\n{more}" if known else ""


def _outcome(name: str) -> str:
    return f"`{name}`: {VERDICTS[name]}"


def _of_declaration(analysis: Analysis, declared: Span, word: Span) -> str:
    """What is said of the declaration that a name means."""
    file = next((f for f in analysis.loaded.files if f.source is declared.source), None)
    if file is None:
        return ""
    node, around = declaration(file.tree, declared)
    return _described(analysis, node, around, word.text, word) if node is not None else ""


def _described(
    analysis: Analysis, node: Declaration, around: list[Any], name: str, word: Span
) -> str:
    parts = [f"{_kind(node, name)} `{name}`{_owner(around)}{_from(analysis, node.span)}"]
    parts.append(f"```vq\n{_head(node)}\n```")
    parts.append(_comment(node.span))
    parts += _laid_out(analysis, node, around, word)
    return "\n\n".join(p for p in parts if p)


def _kind(node: Declaration, name: str) -> str:
    if isinstance(node, t.Register) and name != node.name.text:
        return "bit"
    if name not in {n.text for n in names_of(node)[:1]} or type(node) not in _KINDS:
        return _variable(node, name)
    return _KINDS[type(node)]


def _variable(node: Declaration, name: str) -> str:
    """What a name is that a program, a rule or a tally gives to something."""
    match node:
        case t.Signal(_, t.Ident(mode)) | t.Drive(mode=t.Ident(mode)) if mode == name:
            return "signalling mode"
        case t.Handler() | t.Drive() | t.Affinity(False):
            return "line"
        case t.Hint() | t.Pair():
            return "index"
        case _:
            return "queue"


def _owner(around: list[Any]) -> str:
    """Of which declaration it is a part."""
    for node in reversed(around):
        if isinstance(node, Declaration) and type(node) in _KINDS and not isinstance(node, t.Hint):
            names = names_of(node)
            return f" of {_KINDS[type(node)]} `{names[0].text}`" if names else ""
    return ""


def _from(analysis: Analysis, span: Span) -> str:
    own = analysis.file is not None and span.source is analysis.file.source
    return "" if own else f", {span.source.path}:{span.line}"


def _head(node: Declaration) -> str:
    """The declaration without its body; what is short is shown as a whole."""
    if isinstance(node, t.Device):
        return node.span.text
    words = node.span.text.partition("{")[0] if isinstance(node, _LONG) else node.span.text
    lines = words.strip().split("\n")
    return lines[0] if len(lines) > 8 else "\n".join(lines)


def _comment(span: Span) -> str:
    """The author's comment at a declaration: the lines above it, else what stands behind it."""
    source, line = span.source, span.line
    above: list[str] = []
    while (text := source.line(line - 1 - len(above)).strip()).startswith("#"):
        above.append(text.lstrip("# "))
    if above:
        return " ".join(reversed(above))
    return source.line(line).partition("#")[2].strip()


def _header(source: Source) -> str:
    """The comment that a file opens with."""
    out: list[str] = []
    for line in source.text.split("\n"):
        if not line.startswith("#"):
            break
        out.append(line.lstrip("# "))
    return "\n".join(out).strip()


# Devices, laid out


def _laid_out(analysis: Analysis, node: Declaration, around: list[Any], word: Span) -> list[str]:
    """Where queues go, for small values: of a device, or of the family in each device."""
    design = analysis.loaded.design
    if design is None or not isinstance(node, t.Device | t.Queue | t.ParamDecl):
        return []
    if isinstance(node, t.ParamDecl):
        return ["Everything is proved for each value of the range."]
    if isinstance(node, t.Device):
        drawing = analysis.drawings.get(node.name.text)
        return [_table(drawing, drawing.queues)] if drawing else []
    inside = _device_around(analysis, word)
    kind = next((x for x in around if isinstance(x, t.DeviceType)), None)
    of = [
        d.name
        for d in design.devices
        if kind and d.type.origin == kind.span and inside in ("", d.name)
    ]
    return [_family(analysis.drawings[name], node.name.text) for name in of[:3]]


def _device_around(analysis: Analysis, word: Span) -> str:
    """The device that a word stands in; empty outside of all."""
    assert analysis.file is not None
    around = nodes_at(analysis.file.tree, word.start)
    return next((n.name.text for n in around if isinstance(n, t.Device)), "")


def _family(drawing: Drawing, family: str) -> str:
    rows = [q for q in drawing.queues if q.name.partition("[")[0] == family]
    return _table(drawing, rows)


def _table(drawing: Drawing, rows: list[DrawnQueue] | tuple[DrawnQueue, ...]) -> str:
    head = f"{drawing.title}" + (f" ({drawing.values})" if drawing.values else "")
    if drawing.why_not:
        return f"{head}: {drawing.why_not}"
    lines = [_row(drawing, q) for q in rows[:_MOST_ROWS]]
    more = len(rows) - _MOST_ROWS
    left = [f"- ... {more} more"] if more > 0 else []
    return "\n".join([f"For example {head}:", "", *(f"- {x}" for x in lines), *left])


def _row(drawing: Drawing, q: DrawnQueue) -> str:
    """One source: its position, and its line as both sides have it."""
    driver, device = (_line(drawing, n) for n in (q.driver, q.device))
    where = driver if driver == device else f"driver: {driver}, device: {device}"
    return f"`{q.name}`: {q.note}, {where}" + (f"; **{q.problem}**" if q.problem else "")


def _line(drawing: Drawing, ordinal: int | None) -> str:
    if ordinal is None:
        return "no line"
    if ordinal >= len(drawing.lines):
        return f"line {ordinal}"
    line = drawing.lines[ordinal]
    return line.name + (f" ({line.handlers})" if line.handlers else "")
