"""Text to tree: LALR tables, our nodes, and errors that do not stop at the first."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from checker.diagnostics.diagnostic import Diagnostic, Label
from checker.language import tree as t
from checker.language.build import Build, Refused
from checker.language.hints import (
    END,
    NAME,
    Stuck,
    character,
    culprit,
    describe,
    hint_for,
    shown,
)
from checker.language.lalr import Grammar, Reading, Several, Unexpected, Unreadable
from checker.language.tables import load
from checker.language.token import Token
from model.span import Source, Span

MAX_CHARACTERS = 1 << 20
"""Larger files are refused: the parser takes seconds for each megabyte."""
MAX_NESTING = 64
"""Brackets inside brackets. Passes over the tree recurse, so it has a bound."""
MAX_ERRORS = 50


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_STARTERS = _set(
    """USE PARAM LET PLATFORM DEVICE_TYPE TRANSPORT POLICY SERVICE DEVICE ASSUME ASSERT CHECK EXPECT
    CPUS VECTORS CONTROLLER LINES RESERVED NUMBERS ID FEATURE QUEUE CONFIG_CHANGE PAIR HINT
    FEATURES MODE AFFINITY POOL REGISTER MAP REQUEST SIGNAL DRIVE HANDLER MEMORY SUPPRESSION TRY
    CONFIG PROGRAMMED SET CLEAR RAISE LOWER PULSE MASK UNMASK PUBLISH DRAIN ENABLE DISABLE
    SCHEDULE COMPLETE NOTIFY FENCE IF LOOP WHILE FOR LOCK STOP RETURN ROLE POLLED CALLBACK
    SLOW"""
)
_TOP = _set(
    """USE PARAM LET PLATFORM DEVICE_TYPE TRANSPORT POLICY SERVICE DEVICE ASSUME ASSERT CHECK
    EXPECT"""
)
_BRACKETS = re.compile(r"#[^\n]*|[\[\](){}]")


def parse(source: Source) -> tuple[t.Module, list[Diagnostic]]:
    """The tree of a file and what is wrong with its syntax; never raises for bad input.

    Where there are errors the tree holds only the declarations that could be read.
    """
    refused = _refuse(source)
    if refused:
        return t.Module((), Span(source, 0, 0)), [refused]
    was_enabled = gc.isenabled()
    gc.disable()  # Parsing makes no garbage, and looking for it costs a third of the time.
    try:
        return _fast(source) or _careful(source)
    finally:
        if was_enabled:
            gc.enable()


def tokens(source: Source) -> list[Token]:
    """All tokens, comments too (type COMMENT), in the order of the text.

    Raises `Unreadable` if the text has a character that no token can hold; call it for
    texts that parse.
    """
    found = _grammar()[0].lex(source.text)
    code = iter([*found, None])
    following = next(code)
    out: list[Token] = []
    for m in re.finditer(r"#[^\n]*", source.text):
        while following is not None and following.start_pos < m.start():
            out.append(following)
            following = next(code)
        out.append(Token("COMMENT", m.group(), m.start(), m.end()))
    while following is not None:
        out.append(following)
        following = next(code)
    return out


def _refuse(source: Source) -> Diagnostic | None:
    if len(source.text) > MAX_CHARACTERS:
        return Diagnostic(
            "VQ0106",
            f"the file has {len(source.text):,} characters, more than {MAX_CHARACTERS:,}",
            path=source.path,
            hint="split it into modules and join them with `use`",
        )
    depth = 0
    for m in _BRACKETS.finditer(source.text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(m.group(), 0)
        if depth > MAX_NESTING:
            at = Label(Span(source, m.start(), m.end()), f"bracket number {depth} inside another")
            return Diagnostic("VQ0104", f"brackets are nested deeper than {MAX_NESTING}", at)
    return None


@cache
def _grammar() -> tuple[Grammar, Build]:
    """One of each a process; `Build.begin` tells them which source they read."""
    build = Build(Source("", ""))
    return Grammar(load(), build), build


def _fast(source: Source) -> tuple[t.Module, list[Diagnostic]] | None:
    """The usual case, a text without errors; None if there is one."""
    try:
        grammar, build = _grammar()
        build.begin(source)
        return cast(t.Module, grammar.parse(source.text)), []
    except (Unreadable, Unexpected):
        return None
    except Refused as e:
        return t.Module((), Span(source, 0, 0)), [e.diagnostic]


def _careful(source: Source) -> tuple[t.Module, list[Diagnostic]]:
    """Reads on after each error, at the next statement or closing brace (panic mode)."""
    if "\0" in source.text:
        at = source.text.index("\0")
        label = Label(Span(source, at, at + 1))
        headline, hint = "the file is no text: it has a zero byte", "save it as text, in UTF-8"
        return t.Module((), Span(source, 0, 0)), [Diagnostic("VQ0102", headline, label, (), hint)]
    found: list[Diagnostic] = []
    stream = _lex(source, found)
    bad_lines = {d.at.span.line for d in found if d.at}
    grammar, build = _grammar()
    build.begin(source)
    state = Reading(grammar)
    reader = _Reader(source, stream, state)
    at, furthest = 0, -1
    module: object = None
    while at < len(stream) and len(found) < MAX_ERRORS:
        token = stream[at]
        before = list(state.states)
        try:
            try:
                module = state.feed(token)
                at += 1
            except Unexpected:
                # A second complaint about a line with an unreadable character is mostly an echo.
                is_echo = token.line in bad_lines or (bool(found) and reader.is_echo(token))
                wrong, at_wrong = reader.unexpected(at, before)
                is_echo = is_echo or any(_is_at_one_place(wrong, d) for d in found[-1:])
                found += [] if is_echo else [wrong]
                # Each error leads further on, whatever the reading resumes with.
                start, furthest = (at_wrong if at > furthest else at + 1), max(at, furthest)
                at = _resume(source, state, stream, start)
        except Refused as e:
            found.append(e.diagnostic)
            break
    if not isinstance(module, t.Module):
        module = t.Module((), Span(source, 0, 0))
    # A path that was read wrong would be looked for, and found missing.
    wrong_lines = {d.at.span.line for d in found if d.at}
    kept = [i for i in module.items if not (isinstance(i, t.Use) and i.span.line in wrong_lines)]
    return t.Module(tuple(kept), module.span), sorted(found, key=lambda d: d.order)


_UNREADABLE = re.compile(
    r"""(?P<fine>\#[^\n]*|\|\||&&|[A-Za-z0-9_ \t\r\n;:=.,(){}\[\]<>?+\-*%!]+)
    |(?P<comment>//[^\n]*|/\*(?:.*?\*/|[^\n]*))|(?P<slash>/)
    |(?P<quoted>(["'`])[^"'`\n]*\5)|(?P<other>[^\W\x00-\x7f]+|(.)\7*)""",
    re.VERBOSE | re.DOTALL,
)


def _lex(source: Source, found: list[Diagnostic]) -> list[Token]:
    """The tokens and `$END`; what cannot be read is reported and blanked, so that places stay."""
    parts: list[str] = []
    for m in _UNREADABLE.finditer(source.text):
        kind, words = m.lastgroup, m.group()
        if kind in ("fine", "slash") or len(found) >= MAX_ERRORS:
            parts.append(words if kind in ("fine", "slash") else " " * len(words))
            continue
        label = Label(Span(source, m.start(), m.end()))
        if kind == "comment":
            label = Label(Span(source, m.start(), m.start() + 2), "no comment starts like this")
            hint = "a comment starts with `#` and runs to the end of the line"
            found.append(Diagnostic("VQ0101", f"unexpected `{words[:2]}`", label, (), hint))
        else:
            quoted = shown(Token("", words)) if words.isprintable() else repr(words[0])
            headline = f"{quoted} has no meaning here"
            found.append(Diagnostic("VQ0102", headline, label, (), character(words)))
        is_name = kind == "quoted" and len(words) > 2
        parts.append("q" * len(words) if is_name else re.sub(r"[^\n]", " ", words))
    tokens = list(_grammar()[0].lex("".join(parts)))
    end = len(source.text)
    tokens.append(Token("$END", "", end, end))
    for token in tokens:
        token.line, token.column = source.position(token.start_pos)
    return tokens


class _Reader:
    """Says what is wrong where the parser is stuck; knows the tables and all tokens."""

    def __init__(self, source: Source, stream: list[Token], state: Reading) -> None:
        self.source = source
        self.stream = stream
        self.state = state
        self.spelling = {**state.grammar.tables.spelling, "$END": END}
        self.unclosed = _unclosed(source, stream)
        braces = [k.type for k in stream if k.type in ("LBRACE", "RBRACE")]
        self.is_balanced = braces.count("LBRACE") == braces.count("RBRACE")
        self.told_brace = False

    def is_echo(self, token: Token) -> bool:
        """True for complaints about braces that stem from an error before."""
        is_open = _open_brace(self.state.values) >= 0
        is_odd = (token.type == "$END" and is_open) or (token.type == "RBRACE" and not is_open)
        return is_odd and (self.is_balanced or self.told_brace)

    def unexpected(self, at: int, states: list[int]) -> tuple[Diagnostic, int]:
        """What stands at this place of the stream cannot; and from where on to look further.

        `states` is the parser's stack before the place.
        """
        token = self.stream[at]
        accepts = frozenset(
            self.spelling.get(k, k)
            for k in self.state.grammar.states[states[-1]]
            if k.isupper() and self.state.accepts(k, states)
        )
        stuck = Stuck(
            token,
            self.stream[max(0, at - 8) : at],
            self.stream[at + 1 : at + 5],
            accepts,
            self._inside(),
        )
        hint = hint_for(stuck)
        also, brace_hint = self._brace(token, stuck)
        if token.type == "$END":
            place = self.stream[at - 1].end_pos if at else 0
            where = Label(Span(self.source, place, place + 1))
            headline = f"the file ends where {describe(accepts)} is expected"
            return Diagnostic("VQ0103", headline, where, also, brace_hint or hint), at
        blamed, expected = culprit(stuck)
        words = f"expected {expected or describe(accepts)}"
        label = Label(_span(self.source, blamed), words)
        headline = f"unexpected {shown(blamed)}"
        also = also or (self._unfinished(at, accepts) if blamed is token else ())
        again = at if blamed is token or blamed.type == "NAME" else at - 1
        return Diagnostic("VQ0101", headline, label, also, brace_hint or hint), again

    def _unfinished(self, at: int, accepts: frozenset[str]) -> tuple[Label, ...]:
        """What stands in an earlier line, if that cannot end there."""
        before = self.stream[at - 1] if at else self.stream[at]
        may_end = bool({"}", "END", "$END"} & accepts) or before.type in ("LBRACE", "SEMICOLON")
        if may_end or before.line == self.stream[at].line:
            return ()
        return (Label(_span(self.source, before), "this is not finished"),)

    def _is_after_open(self, token: Token, stuck: Stuck) -> bool:
        """Whether a statement stands where one may that follows the block that is still open."""
        values, unclosed = self.state.values, self.unclosed
        i = _open_brace(values)
        return (
            token.type in _STARTERS
            and "}" in stuck.accepts
            and unclosed is not None
            and i >= 0
            and cast(Token, values[i]).start_pos == unclosed.start_pos
            and _indent(self.source, token) <= _indent(self.source, unclosed)
        )

    def _inside(self) -> str:
        """The word that starts the statement whose block is the innermost open one."""
        values = self.state.values
        i = _open_brace(values)
        if i < 0:
            return ""
        while i > 0 and not (isinstance(values[i - 1], Several) or _is(values[i - 1], "LBRACE")):
            i -= 1
        return str(values[i]) if isinstance(values[i], Token) else ""

    def _brace(self, token: Token, stuck: Stuck) -> tuple[tuple[Label, ...], str]:
        """The brace or bracket that was never closed, if that is what is wrong here."""
        if token.type in ("RPAR", "RSQB", "RBRACE", "LBRACE") or token.type in _STARTERS:
            for closer, opener in (("RPAR", "LPAR"), ("RSQB", "LSQB"), ("RBRACE", "LBRACE")):
                opened = next((k for k in reversed(stuck.before) if k.type == opener), None)
                spelled = self.spelling[closer]
                is_list = spelled == "}" and ";" in stuck.accepts
                if (
                    spelled in stuck.accepts
                    and opened
                    and not is_list
                    and NAME not in stuck.accepts
                ):
                    label = Label(_span(self.source, opened), "opened here")
                    return (label,), f"is a `{spelled}` missing?"
        if self.is_balanced or self.unclosed is None:
            return (), ""
        if token.type == "$END":
            is_after = "}" in stuck.accepts
        elif token.type in _TOP and token.column == 1:
            is_after = bool(stuck.inside)
        else:
            is_after = self._is_after_open(token, stuck)
        if not is_after:
            return (), ""
        self.told_brace = True
        label = Label(_span(self.source, self.unclosed), "opened here, and never closed")
        where = f" before this `{token}`" if self._is_after_open(token, stuck) else ""
        return (label,), f"add the missing `}}`{where}"


def _is(value: object, kind: str) -> bool:
    return isinstance(value, Token) and value.type == kind


def _open_brace(values: list[Any]) -> int:
    """Where in the parser's stack the innermost brace is that is still open; -1 if none is."""
    closed = 0
    for i in range(len(values) - 1, -1, -1):
        if _is(values[i], "RBRACE"):
            closed += 1
        elif _is(values[i], "LBRACE"):
            closed -= 1
            if closed < 0:
                return i
    return -1


def _is_at_one_place(one: Diagnostic, other: Diagnostic) -> bool:
    return bool(one.at and other.at and one.at.span == other.at.span)


def _span(source: Source, token: Token) -> Span:
    return Span(source, token.start_pos, token.end_pos)


def _unclosed(source: Source, stream: list[Token]) -> Token | None:
    """The `{` that is never closed; by indentation, if a later `}` closed it by accident."""
    open_at: list[Token] = []
    for i, token in enumerate(stream):
        if token.type == "LBRACE":
            open_at.append(token)
        elif token.type == "RBRACE" and open_at:
            opener = open_at.pop()
            first_of_line = i == 0 or stream[i - 1].line != token.line
            if first_of_line and _indent(source, token) < _indent(source, opener):
                return opener
    return open_at[-1] if open_at else None


def _indent(source: Source, token: Token) -> int:
    line = source.line(token.line).expandtabs(4)
    return len(line) - len(line.lstrip())


def _finish(state: Reading, before: Token) -> bool:
    """End the statement that was read, so that it is not lost; False if it cannot end here."""
    if not state.accepts("SEMICOLON"):
        return False
    at = before.end_pos
    state.feed(Token("SEMICOLON", ";", at, at, before.line))
    return True


def _resume(source: Source, state: Reading, stream: list[Token], at: int) -> int:
    """Where to go on: the place in the stream, with the parser's stacks cut back to fit it."""
    was_finished = _finish(state, stream[max(0, at - 1)])
    for i in _sync_points(source, stream, at):
        wanted = stream[i].type
        goals = [] if wanted == "NAME" else [{wanted}]
        is_new = i > at or not was_finished
        if is_new and (wanted == "NAME" or _open_brace(state.values) >= 0):
            # An unknown or misplaced statement: stop before it, so that it is an error of its own.
            goals.append({"RBRACE", "$END"})
        if wanted == "RBRACE":
            if _close(state):
                return i
        elif any(_cut_back(state, goal) for goal in goals):
            return i
    return len(stream)


def _sync_points(source: Source, stream: list[Token], at: int) -> Iterator[int]:
    """Closing braces and what looks like the start of a statement, outside of what is skipped."""
    depth = 0
    indent = max(_indent(source, k) for k in stream[max(0, at - 1) : at + 1])
    for i in range(at, len(stream)):
        token = stream[i]
        starts = _starts(stream, i)
        if starts and token.type in _TOP and token.column == 1:
            depth = 0  # No declaration is inside of another: a brace is missing before it.
            yield i
        elif token.type == "LBRACE":
            depth += 1
        elif token.type == "RBRACE" and depth:
            depth -= 1
        elif token.type in ("RBRACE", "$END") or (depth == 0 and starts):
            yield i
        elif depth == 0 and token.type == "NAME" and i and stream[i - 1].line != token.line:
            yield from [i] if _indent(source, token) <= indent else []


def _starts(stream: list[Token], i: int) -> bool:
    """True if a statement may start here: first of its line, or after a `;` or a brace."""
    token, before = stream[i], stream[i - 1] if i else None
    is_first = (
        before is None
        or before.type in ("SEMICOLON", "LBRACE", "RBRACE")
        or before.line != token.line
    )
    return is_first and token.type in _STARTERS


def _close(state: Reading) -> bool:
    """Make `}` close the innermost open brace; False if its statement has to be dropped."""
    states, values = state.states, state.values
    opened = _open_brace(values)
    if opened < 0:
        return False
    for keep in range(len(values), opened, -1):
        top = values[keep - 1]
        is_list = keep == opened + 1 or isinstance(top, Several)
        if is_list and state.accepts("RBRACE", states[: keep + 1]):
            del values[keep:]
            del states[keep + 1 :]
            return True
    del values[opened:]
    del states[opened + 1 :]
    return False


def _cut_back(state: Reading, wanted: set[str]) -> bool:
    """Drop half-read parts until a list of items is open that can go on with one of these."""
    states, values = state.states, state.values
    closed = 0
    for keep in range(len(values), -1, -1):
        top = values[keep - 1] if keep else None
        closed += _is(top, "RBRACE") - (closed > 0 and _is(top, "LBRACE"))
        is_list = top is None or _is(top, "LBRACE") or isinstance(top, Several)
        kept = states[: keep + 1]
        # Only lists of statements go on with a `;`.
        if closed or not is_list or not state.accepts("SEMICOLON", kept):
            continue
        if any(state.accepts(w, kept) for w in wanted):
            del values[keep:]
            del states[keep + 1 :]
            return True
    return False
