"""`checker fmt`: one layout for every design; line breaks and comments stay the author's.

Works on tokens, with the tree at hand to know where statements start and which brackets belong to a
name. A text is laid out again until nothing changes, so that formatting twice is formatting once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from checker.diagnostics.diagnostic import Diagnostic
from checker.language import tree as t
from checker.language.layout import WIDTH, Line, Row, aligned
from checker.language.parse import parse, tokens
from model.record import dataclass
from model.span import Source, Span

_INDENT = 4
_ROUNDS = 4

_WORDS = {"&&": "and", "||": "or", "!": "not"}
_TIGHT = frozenset(("..", ".", "*"))
_ARITHMETIC = frozenset("+-*/%")
"""Written without blanks in ranges; `*` always is, so that `2*i + 1` reads as it binds."""
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def formatted(source: Source) -> tuple[str, list[Diagnostic]]:
    """The text in the one layout, or as it is with the reasons why it cannot be read.

    The result parses to the same tree, and formatting it again changes nothing.
    """
    text = source.text.replace("\r\n", "\n")
    module, found = parse(Source(source.path, text))
    if found:
        return source.text, parse(source)[1]
    first = module
    for _ in range(_ROUNDS):
        laid_out = _layout(Source(source.path, text), module)
        module, found = parse(Source(source.path, laid_out))
        if found or not same_tree(first, module):
            raise AssertionError(f"formatting {source.path} would change what it says")
        if laid_out == text:
            break
        text = laid_out
    return text, []


def same_tree(a: object, b: object) -> bool:
    """True if two trees say the same; where it stands does not matter."""
    todo = [(a, b)]
    while todo:
        x, y = todo.pop()
        if type(x) is not type(y):
            return False
        if isinstance(x, tuple) and isinstance(y, tuple):
            if len(x) != len(y):
                return False
            todo += zip(x, y, strict=True)
        elif is_dataclass(x):
            names = [f.name for f in fields(x) if f.name != "span"]
            todo += [(getattr(x, n), getattr(y, n)) for n in names]
        elif x != y:
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the tree says about places of the text, by offset."""

    statements: dict[int, Any]
    names: frozenset[int]
    """Where names start; a bracket after one belongs to it."""
    line_refs: frozenset[int]
    minus: frozenset[int]
    """Where a minus stands that has only one operand."""
    labels: frozenset[int]
    """Where a name ends that a colon belongs to."""
    ranges: frozenset[int]
    """All places inside of ranges, where arithmetic is written without blanks: `0..n-1`."""


_LISTS = ("items", "stmts", "attempts")


def _facts(module: t.Module) -> _Facts:
    statements: dict[int, Any] = {}
    names: set[int] = set()
    line_refs: set[int] = set()
    minus: set[int] = set()
    labels: set[int] = set()
    ranges: set[int] = set()
    for node in _walk(module):
        match node:
            case t.Ident() | t.Name():
                names.add(node.span.start)
            case t.LineRef():
                line_refs.add(node.span.start)
            case t.Unary(op="-"):
                minus.add(node.span.start)
            case t.TypeParam() | t.Claim(name=t.Ident()):
                labels.add(node.name.span.end if node.name else -1)
            case t.Range():
                ranges.update(range(node.span.start, node.span.end))
            case _:
                pass
        for key in _LISTS:
            kids = () if isinstance(node, t.ControllerLines | t.Numbers) else getattr(node, key, ())
            statements |= {k.span.start: k for k in kids}
    return _Facts(
        statements,
        frozenset(names),
        frozenset(line_refs),
        frozenset(minus),
        frozenset(labels),
        frozenset(ranges),
    )


def _walk(node: object) -> Iterator[object]:
    todo = [node]
    while todo:
        x = todo.pop()
        if isinstance(x, tuple):
            todo.extend(x)
        elif is_dataclass(x) and not isinstance(x, Span | Source):
            yield x
            todo.extend(getattr(x, f.name) for f in fields(x))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token as it will be written, and the line breaks before it (2: an empty line)."""

    text: str
    start: int
    breaks: int
    column: int = -1
    """Where a comment stood, from 0; -1 for all that is no comment."""
    starts: bool = False
    """A statement starts here."""
    in_bits: bool = False
    """A brace of `.{A, B}`, which is written like a parenthesis."""

    @property
    def is_comment(self) -> bool:
        return self.column >= 0

    @property
    def block(self) -> int:
        """1 for a `{` that opens a block, -1 for the `}` that closes it, else 0."""
        is_brace = not self.in_bits and not self.is_comment
        return ((self.text == "{") - (self.text == "}")) * is_brace


def _layout(source: Source, module: t.Module) -> str:
    facts = _facts(module)
    pieces = _blocks(_pieces(source, facts))
    changed = True
    while changed:
        pieces, changed = _break_long(pieces, facts)
    return aligned([line for _, _, line in _lines(pieces, facts)])


def _pieces(source: Source, facts: _Facts) -> list[_Piece]:
    """All tokens but `;`."""
    out: list[_Piece] = []
    end = 0
    in_bits = False
    for token in tokens(source):
        text, start = str(token).rstrip(), token.start_pos
        if token.type == "SEMICOLON":
            continue
        gap = source.text[end:start]
        breaks = 2 if re.search(r"\n[ \t\r;]*\n", gap) else min(1, gap.count("\n"))
        end = token.end_pos
        if token.type == "COMMENT":
            piece = _Piece(text, start, breaks, column=source.position(start)[1] - 1)
        else:
            in_bits = in_bits or (text == "{" and bool(out) and out[-1].text == ".")
            is_brace = text in ("{", "}")
            starts = start in facts.statements
            piece = _Piece(_WORDS.get(text, text), start, breaks, -1, starts, in_bits and is_brace)
            in_bits = in_bits and text != "}"
        out.append(_joined(piece, out[-1]) if out else replace(piece, breaks=0))
    return out


def _joined(piece: _Piece, before: _Piece) -> _Piece:
    """`{` and `else` go to the end of the line before; nothing follows a comment on its line."""
    if before.is_comment:
        return replace(piece, breaks=max(1, piece.breaks))
    if piece.block > 0 or (piece.text == "else" and before.block < 0):
        return replace(piece, breaks=0)
    return piece


def _partners(pieces: list[_Piece]) -> dict[int, int]:
    """For each brace of a block that opens, where it closes."""
    opened: list[int] = []
    out: dict[int, int] = {}
    for i, p in enumerate(pieces):
        if p.block > 0:
            opened.append(i)
        elif p.block < 0:
            out[opened.pop()] = i
    return out


def _blocks(pieces: list[_Piece]) -> list[_Piece]:
    """A block stands on one line, or its braces end and start lines of their own."""
    out = list(pieces)
    for a, b in _partners(pieces).items():
        if any(p.breaks for p in pieces[a + 1 : b + 1]):
            _open_up(out, a, b)
    return out


def _open_up(out: list[_Piece], a: int, b: int) -> None:
    """Put the braces at `a` and `b` at the end and at the start of their lines."""
    if b == a + 1:
        out[b] = replace(out[b], breaks=0)
        return
    inside = out[a + 1]
    if inside.breaks or not inside.is_comment:
        out[a + 1] = replace(inside, breaks=1)
    out[b] = replace(out[b], breaks=1)
    following = out[b + 1] if b + 1 < len(out) else None
    if following and (following.starts or following.block < 0):
        out[b + 1] = replace(following, breaks=max(1, following.breaks))


def _break_long(pieces: list[_Piece], facts: _Facts) -> tuple[list[_Piece], bool]:
    """Opens up the outermost one-line block of each line that is too long."""
    partners = _partners(pieces)
    out = list(pieces)
    changed = False
    for first, end, line in _lines(pieces, facts):
        a = next((i for i in range(first, end) if i + 1 < partners.get(i, -1) < end), None)
        if line.width <= WIDTH or a is None:
            continue
        changed = True
        _open_up(out, a, partners[a])
        depth = 0
        for i in range(a + 1, partners[a]):
            depth += out[i].block
            if depth == 0 and out[i].starts and not out[i].breaks:
                out[i] = replace(out[i], breaks=1)
    return out, changed


def _lines(pieces: list[_Piece], facts: _Facts) -> Iterator[tuple[int, int, Line]]:
    """The lines, not yet aligned, each with the range of its pieces."""
    starts = [i for i, p in enumerate(pieces) if i == 0 or p.breaks]
    depth = blocks = 0
    for first, end in zip(starts, [*starts[1:], len(pieces)], strict=False):
        here = pieces[first:end]
        code = here[:-1] if here[-1].is_comment else here
        comment = here[-1] if here[-1].is_comment else None
        words, offsets = _code(code, facts)
        yield (
            first,
            end,
            Line(
                indent=" " * (_INDENT * _depth(pieces, first, depth, blocks)),
                code=words,
                comment=comment.text if comment else "",
                column=comment.column if comment else 0,
                is_after_empty=here[0].breaks == 2 and not _hugs(pieces, first),
                row=_row(code, offsets, facts),
            ),
        )
        depth += sum((p.text in _OPEN) - (p.text in _CLOSE) for p in code)
        blocks += sum(p.block for p in code)


def _hugs(pieces: list[_Piece], first: int) -> bool:
    """True right after an opening and right before a closing bracket: no empty line there."""
    last = first - 1
    if pieces[last].is_comment and not pieces[last].breaks:
        last -= 1
    return pieces[first].text in _CLOSE or (last >= 0 and pieces[last].text in _OPEN)


def _depth(pieces: list[_Piece], first: int, depth: int, blocks: int) -> int:
    """How deep a line is indented: by brackets, and once more where a statement goes on."""
    p = pieces[first]
    if p.text in _CLOSE:
        return depth - 1
    following = next((q for q in pieces[first:] if not q.is_comment), None)
    if following is None or following.starts or following.block or following.text == "else":
        return depth
    return max(depth, blocks + 1)


def _code(code: list[_Piece], facts: _Facts) -> tuple[str, dict[int, int]]:
    """The code of a line, and where in it each piece starts."""
    offsets: dict[int, int] = {}
    words = ""
    for i, p in enumerate(code):
        words += _gap(code[i - 1], p, facts) if i else ""
        offsets[p.start] = len(words)
        words += p.text
    return words, offsets


def _gap(before: _Piece, p: _Piece, facts: _Facts) -> str:
    """What stands between two pieces of a line."""
    a, b = before.text, p.text
    if p.starts and a != "{":
        return "; "
    if a in _TIGHT or b in _TIGHT or a in ("(", "[") or b in (")", "]", ","):
        return ""
    if b in ("(", "["):
        belongs = before.start in facts.names or before.start in facts.line_refs
        return "" if belongs else " "
    if (before.in_bits and a == "{") or (p.in_bits and b == "}"):
        return ""
    if any(q.text in _ARITHMETIC and q.start in facts.ranges for q in (before, p)):
        return ""
    if before.start in facts.minus and a == "-":
        return ""
    return "" if b == ":" and before.start + len(a) in facts.labels else " "


def _row(code: list[_Piece], offsets: dict[int, int], facts: _Facts) -> Row | None:
    """What the line is a row of, if it is one whole statement of a kind that comes in tables."""
    node = facts.statements.get(code[0].start) if code else None
    if node is None or node.span.end != code[-1].start + len(code[-1].text):
        return None
    brace = next((offsets[p.start] for p in code if p.block > 0), -1)
    match node:
        case t.Rule():
            when = offsets[node.when.span.start] if node.when else -1
            return Row("rule", (_last("->", node.target.span.start, code, offsets), when))
        case t.Queue():
            at = _last("at", node.at.span.start, code, offsets)
            test = _last("if", node.present.span.start, code, offsets) if node.present else -1
            return Row("queue", (at, test, brace))
        case t.Controller():
            colon = _last(":", node.trigger.span.start, code, offsets)
            return Row("controller", (colon, brace))
        case t.Signal():
            return Row("signal", (brace,))
        case _:
            return None


def _last(word: str, before: int, code: list[_Piece], offsets: dict[int, int]) -> int:
    """Where in the line the word stands last before a place of the text."""
    return max(offsets[p.start] for p in code if p.text == word and p.start < before)
