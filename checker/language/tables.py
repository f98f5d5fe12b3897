"""The parser's tables: built from grammar.lark once, then kept in the user's cache.

Building takes a quarter of a second, loading a hundredth. The kept form is plain data
(marshal of lists, numbers and texts), named by a digest of the grammar and of the versions that
made it; whatever is wrong with it, the tables are built anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.language.lalr import Rule, Tables, from_plain, plain

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule as LarkRule

_FORM = 3
"""Of the file; another version of this program may keep another one beside it."""
_GRAMMAR = Path(__file__).with_name("grammar.lark")


def load() -> Tables:
    """The tables of the language."""
    grammar = _GRAMMAR.read_text(encoding="utf-8")
    kept = _cache_file(grammar)
    tables = _read(kept)
    if tables is None:
        tables = _build(grammar)
        _keep(kept, tables)
    return tables


def _build(grammar: str) -> Tables:
    # Loaded here: it takes longer than most texts do, and is needed once.
    from lark import Lark  # noqa: PLC0415

    made = Lark(
        grammar, parser="lalr", lexer="basic", maybe_placeholders=False, keep_all_tokens=True
    )
    return _taken(made)


def _taken(made: Lark) -> Tables:
    """What we need of Lark's tables."""
    from lark.lexer import PatternStr  # noqa: PLC0415
    from lark.parsers.lalr_analysis import Shift  # noqa: PLC0415

    front: Any = made.parser
    table = front.parser._parse_table
    place = {rule: k for k, rule in enumerate(made.rules)}
    # The rule that Lark adds for the end of the text is never applied.
    states = [
        {
            str(symbol): arg if action is Shift else ~place[arg]
            for symbol, (action, arg) in table.states[k].items()
            if action is Shift or arg in place
        }
        for k in range(len(table.states))
    ]
    patterns = {str(t.name): t.pattern for t in made.terminals}
    return Tables(
        states,
        tuple(map(_rule, made.rules)),
        table.start_states["start"],
        table.end_states["start"],
        {n: str(p.value) for n, p in patterns.items() if isinstance(p, PatternStr)},
        {
            n: str(p.value)
            for n, p in patterns.items()
            if not isinstance(p, PatternStr) and n not in made.ignore_tokens
        },
        tuple(str(patterns[n].value) for n in made.ignore_tokens),
    )


def _rule(rule: LarkRule) -> Rule:
    origin = str(rule.origin.name)
    make = str(rule.alias or "") or ("" if origin.startswith("_") else origin)
    inner = [k for k, x in enumerate(rule.expansion) if not x.is_term and x.name.startswith("_")]
    only = bool(rule.options.expand1 and not rule.alias)
    return Rule(origin, make, len(rule.expansion), only, tuple(inner))


def _cache_file(grammar: str) -> Path | None:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root):
        return None
    made_by = f"{_FORM}\0{grammar}\0{_lark()}\0{sys.version}\0{marshal.version}"
    digest = hashlib.sha256(made_by.encode()).hexdigest()[:24]
    return Path(root) / "vqcheck" / f"grammar-{digest}.tables"


def _lark() -> str:
    """What names Lark's version, without loading it."""
    spec = find_spec("lark")
    if spec is None or spec.origin is None:
        return ""
    return Path(spec.origin).read_text(encoding="utf-8")


def _read(path: Path | None) -> Tables | None:
    if path is None:
        return None
    try:
        digest, data = path.read_bytes().split(b"\n", 1)
        if hashlib.sha256(data).hexdigest().encode() != digest:
            return None
        return from_plain(marshal.loads(data))
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        return None


def _keep(path: Path | None, tables: Tables) -> None:
    """Best effort: a cache that cannot be written costs time, nothing else."""
    if path is None:
        return
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as f:
                data = marshal.dumps(plain(tables))
                f.write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
