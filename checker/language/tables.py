"""The parser's tables: built from grammar.lark once, then kept in the user's cache.

Building takes a quarter of a second, loading a few hundredths. The kept form is plain data
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
from pathlib import Path
from typing import Any, cast

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Reduce, Shift

_FORM = 2
"""Of the file; another version of this program may keep another one beside it."""
_GRAMMAR = Path(__file__).with_name("grammar.lark")


def load(transformer: object) -> Lark:
    """A parser that has the transformer make its nodes while it reads."""
    grammar = _GRAMMAR.read_text(encoding="utf-8")
    kept = _cache_file(grammar)
    tables = _read(kept)
    if tables is not None:
        with contextlib.suppress(Exception):  # Damaged, or of another make: build it anew.
            return _from(tables, transformer)
    tables = _build(grammar)
    _keep(kept, tables)
    return _from(tables, transformer)


def _from(tables: dict[str, Any], transformer: object) -> Lark:
    # Lark.load() takes a file only; its own cache uses the same call with a dictionary.
    data = tables["data"]
    front, table = data["parser"], data["parser"]["parser"]
    stateless = {**data, "parser": {**front, "parser": {**table, "states": {}}}}
    made = Lark.__new__(Lark)._load({**tables, "data": stateless}, transformer=transformer)
    rules = {r["@"]: rule for r, rule in zip(data["rules"], made.rules, strict=True)}
    lalr: Any = made.parser
    lalr.parser._parse_table.states = _States(table["states"], table["tokens"], rules)
    return made


class _States(dict[int, dict[str, tuple[Any, Any]]]):
    """What to do in each state at each token, unpacked as a text comes to it.

    A design needs a third of the states, and unpacking all of them took longer than reading it.
    """

    def __init__(
        self, kept: dict[int, Any], tokens: dict[int, str], rules: dict[int, Rule]
    ) -> None:
        super().__init__()
        self._kept = kept
        self._tokens = tokens
        self._rules = rules

    def __missing__(self, state: int) -> dict[str, tuple[Any, Any]]:
        made = {
            self._tokens[token]: (Reduce, self._rules[arg["@"]]) if is_reduce else (Shift, arg)
            for token, (is_reduce, arg) in self._kept[state].items()
        }
        self[state] = made
        return made


def _build(grammar: str) -> dict[str, Any]:
    made = Lark(
        grammar, parser="lalr", lexer="basic", maybe_placeholders=False, keep_all_tokens=True
    )
    data, memo = made.memo_serialize([TerminalDef, Rule])
    return {"data": data, "memo": memo}


def _cache_file(grammar: str) -> Path | None:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.path.isabs(root):
        return None
    made_by = f"{_FORM}\0{grammar}\0{lark.__version__}\0{sys.version}\0{marshal.version}"
    digest = hashlib.sha256(made_by.encode()).hexdigest()[:24]
    return Path(root) / "vqcheck" / f"grammar-{digest}.tables"


def _read(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        digest, data = path.read_bytes().split(b"\n", 1)
        if hashlib.sha256(data).hexdigest().encode() != digest:
            return None
        return cast("dict[str, Any]", marshal.loads(data))
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _keep(path: Path | None, tables: dict[str, Any]) -> None:
    """Best effort: a cache that cannot be written costs time, nothing else."""
    if path is None:
        return
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as f:
                data = marshal.dumps(tables)
                f.write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
