"""Words for what a text may go on with, and hints for texts that do not parse.

Words are spellings (`"in"`, `"->"`), with NAME and NUMBER for any name and any number, and END for
the end of the file. The table of wrong inputs is in mistakes.py: one row for each mistake worth a
hint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.language.mistakes import ROWS
from checker.language.near import nearest
from checker.language.token import Token
from model.record import dataclass

NAME, NUMBER, END = "NAME", "NUMBER", "END"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SOFT = _set(
    """id role feature pool register at of default memory suppression deferred bit handled
    programmed clears try request signal drive map let shared polled callback slow pair features
    affinity mode vectors per driver check resample"""
)
_AFTER_DOT = _set(
    """lines line queues queue cpus cpu config hint device transport read numbers number none
    service mask enable disable drain raise reserved notify platform policy handler controller"""
)
_FORMULA = _set(
    "( - not ! pending wants wants_last asserted masked lines queues cpus device NAME NUMBER"
)
_OPERATORS = _set("+ - * / % == != < <= > >= and or && || ? . (")
_CLOSERS = ("}", ")", "]")
_TOP = _set(
    """use param let platform device_type transport policy service device assume assert check
    expect"""
)
_PLACES = {
    "cpus": "a `platform`",
    "vectors": "a `platform`",
    "controller": "a `platform`",
    "feature": "a `device_type`",
    "config_change": "a `device_type`",
    "pair": "a `device_type`",
    "role": "a queue of a `device_type`",
    "polled": "a queue of a `device_type`",
    "callback": "a queue of a `device_type`",
    "slow": "a queue of a `device_type`",
    "features": "a `device`",
    "mode": "a `device`",
    "affinity": "a `device`",
    "pool": "a `transport`",
    "register": "a `transport`",
    "map": "a `transport`",
    "signal": "a `transport`",
    "drive": "a `transport`",
    "handler": "a `transport`",
    "memory": "a `transport`",
    "suppression": "a `transport`",
    "try": "a `policy`",
    "programmed": "`map in device`",
    "request": "a map, an attempt of a policy or a `transport`",
    "lines": "a `device`, a `controller` or an attempt of a policy",
    "reserved": "a `controller`",
    "numbers": "a `controller` or a `device`",
    "queue": "a `device_type` (`queue q at E`) or a map (`queue q -> line E`)",
    "config": "a map (`config -> line E`)",
} | dict.fromkeys(
    _set("""set clear raise lower pulse mask unmask publish drain enable disable schedule complete
    notify fence if loop while for lock stop return"""),
    "a program: a `signal`, a `handler` or a `service`",
)
_MEANT = {
    "import": "use", "include": "use", "require": "use", "var": "let", "const": "let",
    "define": "let", "parameter": "param", "type": "device_type", "machine": "platform",
    "bus": "transport", "verify": "check", "prove": "check", "invariant": "assert",
    "virtqueue": "queue", "vq": "queue", "irq": "line", "irqs": "lines", "vector": "line",
    "vectors": "lines", "interrupt": "line", "interrupts": "lines", "intr": "line", "gsi": "line",
    "msi": "line", "msix": "line", "lines": "line", "line": "lines", "queues": "queue",
    "break": "stop", "exit": "stop", "ack": "clear", "acknowledge": "clear", "write": "set",
    "assert_irq": "raise", "trigger": "raise", "inject": "pulse", "forever": "loop",
    "repeat": "loop", "foreach": "for", "barrier": "fence", "mb": "fence", "when": "if",
    "where": "if", "attempt": "try", "unless": "if", "default": "otherwise", "else": "otherwise",
    "isr": "handler",
    "mutex": "lock", "cpu": "cpus", "visible": "sees", "reads": "sees", "index": "at",
    "using": "with", "handler": "with", "by": "with", "reg": "register",
    "interrupt_controller": "controller", "irqchip": "controller", "intc": "controller",
    "num_cpus": "cpus", "ncpus": "cpus", "nr_cpus": "cpus", "smp": "cpus", "cores": "cpus",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where a text does not go on as it should."""

    token: Token
    """What stands there; its type is `$END` at the end of the file."""
    before: Sequence[Token]
    """What was read last, oldest first."""
    after: Sequence[Token]
    """What follows."""
    accepts: frozenset[str]
    """What could stand there."""
    inside: str = ""
    """The first word of the statement whose block is open; empty at the top of the file."""


def shown(token: Token) -> str:
    """A token as a message quotes it."""
    return f"`{token}`" if len(token) <= 40 else f"`{token[:37]}...`"


def describe(words: Iterable[str]) -> str:
    """What is expected, in words that users write: "`in`", "a name", "`}` or a statement"."""
    left = set(words) - {";"}
    groups: list[str] = []
    starts_line = _starters(left)
    if NUMBER in left:
        groups.append("a formula")
        left -= _FORMULA | _SOFT
    elif NAME in left and not starts_line:
        groups.append("a name")
        left -= {NAME} | _SOFT | _AFTER_DOT
    elif "+" in left:
        groups.append("an operator")
        left -= _OPERATORS
    if starts_line:
        groups.append("a declaration" if starts_line >= {"param", "expect"} else "a statement")
        left -= starts_line | _SOFT | {NAME, END}
    if END in left:
        left.discard(END)
        groups.append("the end of the file")
    plain = [f"`{w}`" for w in sorted(left - set(_CLOSERS))]
    closers = [f"`{w}`" for w in _CLOSERS if w in left]
    parts = [*plain[:6], *closers, *groups]
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _starters(words: set[str]) -> set[str]:
    """The words among them that start a statement, if this is a place for statements."""
    if NUMBER in words:
        return set()
    first = {w for w in words if w in _PLACES or w in _TOP or w in ("hint", "id")}
    if NAME in words:
        first -= _SOFT
    sure = first - _AFTER_DOT if NAME in words else first
    return first if len(sure) > 3 else set()


def culprit(stuck: Stuck) -> tuple[Token, str]:
    """The token to point at, and what is expected there if it is an earlier one.

    An unknown word is first taken for the name in `x = E`, and a word such as `let`, which may be a
    name too, for a part of the formula that was not finished in the line above.
    """
    if len(stuck.before) < 2:
        return stuck.token, ""
    earlier, last = stuck.before[-2:]
    if stuck.accepts == {"="} and str(stuck.token) not in _ASSIGNING:
        is_declared = str(earlier) in ("let", ")") or "hint" in [str(k) for k in stuck.before[-3:]]
        return (stuck.token, "") if is_declared else (last, "a statement")
    starts_line = last in _SOFT and last.line == stuck.token.line != earlier.line
    if starts_line and "+" in stuck.accepts and earlier not in _CLOSERS:
        return last, "a formula"
    return stuck.token, ""


_ASSIGNING = _set(": == . + - * / [ ( <")


def hint_for(stuck: Stuck) -> str:
    """Something to do about it; empty if nothing better than what is expected comes to mind."""
    for row in _WRONG:
        found = row.matches(stuck)
        if found:
            return row.hint.format(**found)
    at, _ = culprit(stuck)
    if at is not stuck.token and at.type != "NAME":
        return "the line above is not finished"
    if not at.isidentifier():
        return _bracket(stuck)
    return _word(str(at), at.type == "NAME", at is not stuck.token, stuck)


def _word(word: str, is_name: bool, blamed: bool, stuck: Stuck) -> str:
    """About a word that cannot stand where it stands."""
    statements = _PROGRAM if blamed else _starters(set(stuck.accepts))
    words = {w for w in stuck.accepts if w.isidentifier()} - _NO_MATCH
    may_stand = set(statements) | (words - _SOFT - _AFTER_DOT) if statements else words
    if NAME in stuck.accepts and not statements:
        may_stand -= _SOFT | _AFTER_DOT
    close = meant(word, may_stand - {word}, is_name)
    if close:
        return f"did you mean `{close}`?"
    if word in _TOP and stuck.inside and statements:
        return f"is a `}}` missing? The block of `{stuck.inside}` is still open"
    if not is_name and NAME in stuck.accepts and not statements:
        if stuck.before and stuck.before[-1].line == stuck.token.line:
            return f"`{word}` is a word of the language; choose another name"
        is_list = stuck.before and stuck.before[-1] == ","
        return "leave out the comma before it, or go on with the list" if is_list else ""
    if word in _PLACES and (statements or "}" in stuck.accepts):
        extra = "" if stuck.inside else "; or is there a `}` too many before it?"
        return f"`{word}` belongs in {_PLACES[word]}{extra}"
    if is_name and 0 < len(statements) < 14:
        return "here may stand: " + ", ".join(f"`{w}`" for w in sorted(statements))
    return _bracket(stuck)


_NO_MATCH = frozenset((NAME, NUMBER, END))
_PROGRAM = frozenset(w for w, place in _PLACES.items() if place.startswith("a program")) | {
    "service"
}


def meant(word: str, among: Iterable[str], is_name: bool = True) -> str:
    """The word that was probably meant; empty if none is near. Known words are no typos."""
    words = sorted(among)
    synonym = _MEANT.get(word.lower(), "")
    if synonym in words:
        return synonym
    near = nearest(word.lower(), words, 1, 0.75) if is_name else []
    return near[0] if near else ""


def _bracket(stuck: Stuck) -> str:
    for closer in _CLOSERS:
        if closer in stuck.accepts and closer != "}" and str(stuck.token) != closer:
            opened = {")": "(", "]": "["}[closer]
            if opened in [str(k) for k in stuck.before]:
                return f"is a `{closer}` missing?"
    if str(stuck.token) == "}" and not stuck.inside:
        return "no `{` is open here: one `}` is too many"
    return ""


def character(text: str) -> str:
    """A hint about characters that mean nothing in the language."""
    first = f"U+{ord(text[0]):04X}"
    if text[0] in "\"'`" or first in _QUOTES:
        return "names are written without quotes, and there are no strings"
    if text.isalnum():
        return "names have the letters A to Z and a to z, digits and `_`"
    return _CHARACTERS.get(text[0]) or _LOOKALIKES.get(first, "")


_QUOTES = _set("U+2018 U+2019 U+201C U+201D")
_CHARACTERS = {
    "&": "write `and` (or `&&`); a bit of a local is `s.BIT`",
    "|": "write `or` (or `||`); bits are set by `set REGISTER.BIT`",
    "^": "there are no powers and no bit operations; write a product",
    "~": "there are no bit operations; write `not` for a Boolean",
    "\\": "a statement may go on in the next line without any mark",
    "$": "names have letters, digits and `_`",
    "@": "names have letters, digits and `_`",
}
_LOOKALIKES = {
    "U+2192": "write `->`",
    "U+21D2": "write `->`",
    "U+2264": "write `<=`",
    "U+2265": "write `>=`",
    "U+2260": "write `!=`",
    "U+2208": "write `in`",
    "U+00D7": "write `*`",
    "U+00B7": "write `*`",
    "U+00F7": "write `/`",
    "U+2212": "write `-`, the ordinary minus",
    "U+2013": "write `-`, the ordinary minus",
    "U+2014": "write `-`, the ordinary minus",
    "U+2026": "write `..`",
    "U+2227": "write `and`",
    "U+2228": "write `or`",
    "U+00AC": "write `not`",
    "U+00A0": "it is a no-break space; write an ordinary blank",
    "U+FEFF": "it is a byte order mark; save the file without it",
}


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A wrong input: the tokens around the place, and the hint.

    In patterns `|` stands between choices, `_` for any token; a `^` after it: directly before;
    `...` for any token, which may stand in a later line; `NEXT`: which does.

    `needs` are words that could have stood there, all of them (`~` before one: that could not).
    What comes before stands on the same line, but for a closing bracket. Placeholders in the hint:
    `{t}` the token; `{b}`, `{c}` and `{r}` the last, the last but one and the fourth before it;
    `{a}`, `{i}` and `{e}` the first, second and fourth after it.
    """

    before: str
    token: str
    after: str
    needs: str
    hint: str

    def matches(self, stuck: Stuck) -> dict[str, str] | None:
        """What the placeholders stand for, or None if this is another mistake."""
        before = self.before.split()
        after = self.after.split()
        tail = list(stuck.before)[len(stuck.before) - len(before) :] if before else []
        if len(tail) < len(before) or len(stuck.after) < len(after):
            return None
        if before and before[-1].endswith("^") and tail[-1].end_pos != stuck.token.start_pos:
            return None
        pairs = [
            *zip(before, tail, strict=True),
            (self.token, stuck.token),
            *zip(after, stuck.after, strict=False),
        ]
        if not all(_fits(pattern, token) for pattern, token in pairs):
            return None
        is_end = stuck.token in _CLOSERS or stuck.token.type == "$END"
        may_be_apart = is_end or self.token in (_ANY_LINE, _LATER_LINE)
        is_apart = bool(tail) and tail[-1].line != stuck.token.line
        if (is_apart and not may_be_apart) or (self.token == _LATER_LINE and not is_apart):
            return None
        for word in self.needs.split():
            if (word.lstrip("~") in stuck.accepts) == word.startswith("~"):
                return None
        around = {0: stuck.token, **{k + 1: t for k, t in enumerate(stuck.after)}}
        around |= {-k - 1: t for k, t in enumerate(reversed(stuck.before))}
        return {name: str(around.get(k, "")) for name, k in _PLACED.items()}


_PLACED = {"t": 0, "b": -1, "c": -2, "r": -4, "a": 1, "i": 2, "e": 4}


def _fits(pattern: str, token: Token) -> bool:
    choices = pattern.rstrip("^").split("|")
    return (
        pattern in ("_", _ANY_LINE, _LATER_LINE)
        or token.type in choices
        or ("NAME" in choices and token.type != "NAME" and str(token) in _SOFT)
        or (token.type != "$END" and str(token) in choices)
    )


_ANY_LINE = "..."
_LATER_LINE = "NEXT"
_WRONG = tuple(_Wrong(*row) for row in ROWS)
