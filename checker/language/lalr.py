"""The language's reading machine: tokens by one regular expression, nodes by LALR tables.

The tables are Lark's (`tables.py`); running them here takes a third of the time that Lark takes,
and a text without errors is read without Lark being loaded at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any

from checker.language.token import Token
from model.record import dataclass

END = "$END"
"""The kind of the token that stands after the last one."""
Make = Callable[[list[Any]], Any]


class Unreadable(Exception):
    """No token starts at this place."""


class Unexpected(Exception):
    """This token cannot stand where it stands."""


class Several(list[Any]):
    """What a rule stands for whose parts belong to the node around it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`origin` is made of `length` symbols; those at `inner` are `Several`, and put in flat.

    `make` names the method that makes the node, "" if the parts are `Several`. With `only`, one
    part alone stands for itself.
    """

    origin: str
    make: str
    length: int
    only: bool
    inner: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """What Lark makes of the grammar.

    `states[s][symbol]` is the state to go to, or, if negative, the complement of the place of the
    rule that ends here. `spelling` has the terminals that are fixed texts, `patterns` the others,
    `ignored` the patterns between tokens.
    """

    states: list[dict[str, int]]
    rules: tuple[Rule, ...]
    start: int
    end: int
    spelling: dict[str, str]
    patterns: dict[str, str]
    ignored: tuple[str, ...]


class Grammar:
    """Tables with the methods that make nodes."""

    def __init__(self, tables: Tables, makers: object) -> None:
        self.tables = tables
        self.states = tables.states
        self._lexer = _lexer(tables)
        self._names = tuple(tables.patterns)
        self._kinds = {text: kind for kind, text in tables.spelling.items()}
        self.rules = tuple(_ready(r, makers) for r in tables.rules)

    def lex(self, text: str) -> Iterator[Token]:
        """The tokens of a text, without an end; raises `Unreadable`."""
        at, kinds, names = 0, self._kinds, self._names
        for m in self._lexer.finditer(text):
            start, end = m.span()
            if start != at:
                raise Unreadable
            at = end
            which = m.lastindex
            if which is None:
                continue
            word = m[0]
            kind = kinds.get(word)
            yield Token(names[which - 1] if kind is None else kind, word, start, end)
        if at != len(text):
            raise Unreadable

    def parse(self, text: str) -> Any:
        """The tree of a text; raises `Unreadable`, `Unexpected`, or what a maker raises."""
        reading = Reading(self)
        feed = reading.feed
        for token in self.lex(text):
            feed(token)
        return feed(Token(END, "", len(text), len(text)))


@dataclass(slots=True)
class Reading:
    """Where the machine is in a text: a stack of states, and of what was read between them."""

    grammar: Grammar
    states: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.states.append(self.grammar.tables.start)

    def feed(self, token: Token) -> Any:
        """Read one token; the tree if it was the last. Raises `Unexpected`, with rules that end
        before the token applied."""
        table, rules, end = self.grammar.states, self.grammar.rules, self.grammar.tables.end
        states, values, kind = self.states, self.values, token.type
        while True:
            action = table[states[-1]].get(kind)
            if action is None:
                raise Unexpected(token)
            if action >= 0:
                states.append(action)
                values.append(token)
                return None
            origin, length, make = rules[~action]
            if length:
                del states[-length:]
                if make is not None:  # Otherwise the one part stands for itself.
                    values[-length:] = (make(values[-length:]),)
            else:
                assert make is not None
                values.append(make([]))
            states.append(table[states[-1]][origin])
            if states[-1] == end and kind == END:
                return values[-1]

    def accepts(self, kind: str, states: list[int] | None = None) -> bool:
        """True if a token of this kind can really be read, here or with this stack of states.

        LALR tables also list terminals that fail after some reductions; so those are tried.
        """
        table, rules = self.grammar.states, self.grammar.rules
        stack = list(self.states if states is None else states)
        while True:
            action = table[stack[-1]].get(kind)
            if action is None or action >= 0:
                return action is not None
            origin, length, _ = rules[~action]
            del stack[len(stack) - length :]
            stack.append(table[stack[-1]][origin])
            if stack[-1] == self.grammar.tables.end:
                return True


def _ready(rule: Rule, makers: object) -> tuple[str, int, Make | None]:
    if rule.only and rule.length == 1 and not rule.inner:
        return rule.origin, 1, None
    make: Make = getattr(makers, rule.make) if rule.make else Several
    if rule.inner:
        make = _flat(make, rule)
    elif rule.only:
        make = _only(make)
    return rule.origin, rule.length, make


def _flat(make: Make, rule: Rule) -> Make:
    inner, only = frozenset(rule.inner), rule.only
    leads = 0 in inner

    def made(parts: list[Any]) -> Any:
        # A list grows by one part at a time: the parts before it stay where they are.
        flat: list[Any] = parts[0] if leads else []
        for k in range(leads, len(parts)):
            if k in inner:
                flat.extend(parts[k])
            else:
                flat.append(parts[k])
        if only and len(flat) == 1:
            return flat[0]
        return flat if make is Several and leads else make(flat)

    return made


def _only(make: Make) -> Make:
    return lambda parts: parts[0] if len(parts) == 1 else make(parts)


def _lexer(tables: Tables) -> re.Pattern[str]:
    """Alternatives: what is ignored, then one group for each pattern, then fixed texts.

    A fixed text that a pattern matches, as a keyword is a name, is told from it by its spelling.
    """
    patterns = list(tables.patterns.values())
    signs = [x for x in tables.spelling.values() if not any(map(_matching(x), patterns))]
    texts = map(re.escape, sorted(signs, key=lambda x: (-len(x), x)))
    groups = [f"({p})" for p in (*patterns, "|".join(texts))]
    return re.compile("|".join([*tables.ignored, *groups]))


def _matching(text: str) -> Callable[[str], bool]:
    return lambda pattern: re.fullmatch(pattern, text) is not None


def plain(tables: Tables) -> dict[str, Any]:
    """The tables as lists, numbers and texts."""
    rules = [(r.origin, r.make, r.length, r.only, r.inner) for r in tables.rules]
    return {
        "states": tables.states, "rules": rules, "start": tables.start, "end": tables.end,
        "spelling": tables.spelling, "patterns": tables.patterns, "ignored": tables.ignored,
    }  # fmt: skip


def from_plain(data: Mapping[str, Any]) -> Tables:
    """The tables again."""
    return Tables(**{**data, "rules": tuple(Rule(*r) for r in data["rules"])})
