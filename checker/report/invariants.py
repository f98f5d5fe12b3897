"""Invariants for people: read from the scripts that show them, one condition a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from model.record import dataclass

_ASSERTED = "\n; the invariant\n"
_ENDS = "the invariant excludes what is bad"
_TOKEN = re.compile(r"\|[^|]*\||[()]|[^\s()|]+")
_AND, _OR = "and", "or"
_FEW_VALUES = 64
_COMPARED = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!="}


@dataclass(frozen=True, slots=True)
class Invariant:
    """Of what case, its conditions in words, its text in SMT-LIB, and the scripts that show it."""

    words: str
    conditions: tuple[str, ...]
    smtlib: str
    scripts: tuple[str, ...]


def invariants(scripts: Mapping[str, str]) -> Iterator[Invariant]:
    """The invariants that the scripts (by path) are about, each once."""
    about = {path: _about(text) for path, text in scripts.items()}
    for path, (words, ends) in about.items():
        if ends != _ENDS or _ASSERTED not in scripts[path]:
            continue
        asserted = scripts[path].split(_ASSERTED, 1)[1]
        smtlib = _first(asserted)
        mine = tuple(p for p, (w, _) in about.items() if w == words and p in _near(scripts, path))
        yield Invariant(words, _conditions(_read(smtlib)[1]), smtlib, mine)


def conditions(smtlib: str) -> tuple[str, ...]:
    """A formula of SMT-LIB in words, its conditions one by one."""
    return _conditions(_read(f"(assert {smtlib})")[1])


def _conditions(e: object) -> tuple[str, ...]:
    return tuple(map(_words, _told(list(_parts(_inlined(e, {}))))))


def _about(text: str) -> tuple[str, str]:
    """What a script says in its first line that it shows: the case, and which part of it."""
    first = text.partition("\n")[0].removeprefix("; ")
    words, _, ends = first.rpartition(": ")
    return words, ends


def _near(scripts: Mapping[str, str], path: str) -> list[str]:
    """The three scripts of an invariant stand one after the other, this one last."""
    paths = list(scripts)
    k = paths.index(path)
    return paths[max(0, k - 2) : k + 1]


def _first(text: str) -> str:
    """The first command of a script."""
    depth = 0
    for m in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(m[0], 0)
        if depth == 0:
            return text[: m.end()]
    return text


def _read(text: str) -> list[object]:
    stack: list[list[object]] = [[]]
    for token in _TOKEN.findall(text):
        if token == "(":
            stack.append([])
        elif token == ")" and len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(token)
    found = stack[0][0] if stack[0] else []
    return found if isinstance(found, list) else [found]


def _inlined(e: object, known: Mapping[str, object]) -> object:
    """Without `let`: a name that Z3 makes up says nothing to a reader."""
    if isinstance(e, str):
        return known.get(e, e)
    if not isinstance(e, list):
        return e
    if e and e[0] == "let":
        named = {str(name): _inlined(what, known) for name, what in e[1]}
        return _inlined(e[2], {**known, **named})
    return [_inlined(x, known) for x in e]


def _parts(e: object) -> Iterator[object]:
    """Conditions that hold all together."""
    if isinstance(e, list) and e and e[0] == _AND:
        for part in e[1:]:
            yield from _parts(part)
    else:
        yield e


# Numbers of a few values. A solver that works over their bits says of each bit in which values it
# is set; a reader wants to know in which values a condition leaves the number.

_Values = tuple[str, frozenset[int]]


def _told(conditions: Sequence[object]) -> list[object]:
    """The conditions with one set of values for each number, without those that say nothing."""
    ranges = _ranges(conditions)
    out: list[object] = [["in", name, *sorted(r)] for name, r in ranges.items()]
    for e in conditions:
        if _bound(e) is not None and _bound(e)[0] in ranges:  # type: ignore[index]
            continue
        told = _gathered(e, ranges)
        if told is not None and told not in out:
            out.append(told)
    return out


def _ranges(conditions: Sequence[object]) -> dict[str, frozenset[int]]:
    """Numbers with a least and a greatest value, and all values between."""
    ends: dict[str, dict[str, int]] = {}
    for name, which, n in filter(None, map(_bound, conditions)):
        ends.setdefault(name, {})[which] = n
    return {
        name: frozenset(range(e["least"], e["most"] + 1))
        for name, e in ends.items()
        if len(e) == 2 and e["most"] - e["least"] < _FEW_VALUES
    }


def _bound(e: object) -> tuple[str, str, int] | None:
    match e:
        case ["not", ["<", str(name), str(n)]] if n.isdigit() and not name.isdigit():
            return name, "least", int(n)
        case ["not", ["<", str(n), str(name)]] if n.isdigit() and not name.isdigit():
            return name, "most", int(n)
        case _:
            return None


def _gathered(e: object, ranges: Mapping[str, frozenset[int]]) -> object | None:
    """A condition that is one of several, the values of each number together; None: always so."""
    parts = e[1:] if isinstance(e, list) and e and e[0] == _OR else [e]
    values: dict[str, frozenset[int]] = {}
    rest: list[object] = []
    for x in parts:
        found = _values(x, ranges)
        if found is None:
            rest.append(x)
        else:
            values[found[0]] = values.get(found[0], frozenset()) | found[1]
    if any(["not", x] in rest for x in rest):
        return None
    for name, some in values.items():
        others = ranges[name] - some
        if not others:
            return None
        if len(others) < len(some) and len(parts) > 1:
            rest.append(["not", ["in", name, *sorted(others)]])
        elif some:
            rest.append(["in", name, *sorted(some)])
    return rest[0] if len(rest) == 1 else [_OR, *rest] if rest else e


def _values(e: object, ranges: Mapping[str, frozenset[int]]) -> _Values | None:
    """The number, and the values of it in which this is so, if it is about that number alone."""
    match e:
        case ["=", str(a), str(b)]:
            name, n = (a, b) if b.isdigit() else (b, a)
            return (name, frozenset({int(n)})) if n.isdigit() and name in ranges else None
        case ["or", *parts]:
            some = [_values(x, ranges) for x in parts]
            known = [x for x in some if x is not None]
            if len(known) < len(some) or len({name for name, _ in known}) != 1:
                return None
            return known[0][0], frozenset().union(*(v for _, v in known))
        case ["not", x]:
            inner = _values(x, ranges)
            return None if inner is None else (inner[0], ranges[inner[0]] - inner[1])
        case _:
            return None


def _words(e: object) -> str:
    """A condition that is one of several: as `if ... then ...` where that reads better."""
    if isinstance(e, list) and e and e[0] == _OR:
        given = [x[1] for x in e[1:] if isinstance(x, list) and x[0] == "not"]
        then = [x for x in e[1:] if not (isinstance(x, list) and x[0] == "not")]
        if given and then:
            left = " and ".join(_in(x, _AND) for x in given)
            return f"if {left} then {' or '.join(_either(then))}"
        if given:
            return "never all at once: " + "; ".join(_in(x, _AND) for x in given)
    return _term(e)


def _in(e: object, word: str) -> str:
    """As a part of what is joined by that word."""
    words = _term(e)
    if not isinstance(e, list) or e[0] not in (_AND, _OR, "=>", "ite") or e[0] == word:
        return words
    return f"({words})"


def _either(parts: Sequence[object]) -> list[str]:
    """What is joined by `or`."""
    return [_in(e, _OR) for e in parts]


def _valued(name: str, values: Sequence[int]) -> str:
    """With three and more that follow each other as a range."""
    runs: list[list[int]] = []
    for n in values:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    some = [f"{r[0]}..{r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs]
    return f"{name.strip('|')} {'=' if len(values) == 1 else 'in'} {', '.join(some)}"


def _term(e: object) -> str:
    if not isinstance(e, list):
        return str(e).strip("|")
    head, args = str(e[0]), e[1:]
    match head, args:
        case "in", [name, *values]:
            return _valued(str(name), [int(str(v)) for v in values])
        case "not", [[inner, a, b]] if inner in _COMPARED:
            return _compared(a, _COMPARED[str(inner)], b)
        case "not", [a]:
            return f"not {_in(a, 'not')}"
        case "and", _:
            return " and ".join(_in(a, _AND) for a in args)
        case "or", _:
            return " or ".join(_either(args))
        case "=>", [a, b]:
            return f"if {_in(a, _AND)} then {_in(b, _OR)}"
        case (("=" | "<" | ">" | "<=" | ">="), [a, b]):
            return _compared(a, head, b)
        case "+", _:
            return " + ".join(_term(a) for a in args)
        case "-", [a]:
            return f"-{_term(a)}"
        case "*", _:
            return " * ".join(_in(a, "*") for a in args)
        case "ite", [c, a, b]:
            return f"{_term(a)} if {_term(c)} else {_term(b)}"
        case _:  # A spelling that says everything, if not nicely.
            return _plain(e)


_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _compared(a: object, how: str, b: object) -> str:
    """The number stands to the right."""
    if isinstance(a, str) and a.isdigit():
        a, how, b = b, _TURNED[how], a
    return f"{_term(a)} {how} {_term(b)}"


def _plain(e: object) -> str:
    if isinstance(e, list):
        return "(" + " ".join(_plain(x) for x in e) + ")"
    return str(e)
