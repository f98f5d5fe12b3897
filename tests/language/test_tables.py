"""The parser's tables are Lark's, do what Lark does, and come back from the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.language import lalr, tables


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of tables; tests work on copies."""
    path = tmp_path_factory.mktemp("cache") / "kept.tables"
    tables._keep(path, tables._build(tables._GRAMMAR.read_text(encoding="utf-8")))
    return path


def test_the_tables_are_kept_as_they_were_built(tmp_path: Path) -> None:
    built = tables._build(tables._GRAMMAR.read_text(encoding="utf-8"))
    tables._keep(tmp_path / "kept", built)
    assert tables._read(tmp_path / "kept") == built
    assert len(built.states) > 500


@pytest.fixture(scope="module")
def theirs() -> lark.Lark:
    """Lark itself, with the same options and makers of nodes."""
    makers: Any = _Makers()
    return lark.Lark(
        tables._GRAMMAR.read_text(encoding="utf-8"), parser="lalr", lexer="basic",
        maybe_placeholders=False, keep_all_tokens=True, transformer=makers,
    )  # fmt: skip


class _Makers:
    """Nodes as plain tuples: the name of the rule, then its parts."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name.isupper():  # Tokens stay as they are.
            raise AttributeError(name)
        return lambda parts: (name, *[x if isinstance(x, tuple) else str(x) for x in parts])


TEXTS = sorted(Path("specs").rglob("*.vq"))


def test_every_text_is_read_as_lark_reads_it(theirs: lark.Lark) -> None:
    grammar = lalr.Grammar(tables.load(), _Makers())
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        found = [(k.type, str(k), k.start_pos, k.end_pos) for k in grammar.lex(text)]
        assert found == [(k.type, str(k), k.start_pos, k.end_pos) for k in theirs.lex(text)], path
        assert grammar.parse(text) == theirs.parse(text), path
    assert len(TEXTS) > 100


WORDS = st.sampled_from(
    """use param let in 0 1..2 0x1F x y { } ( ) [ ] ; : = == => -> . .. + - * / % ? ! != && || and
    or not service drain_one drain one lines line queue config try a_b # \n "quoted" $""".split(" ")
)


@given(words=st.lists(WORDS, max_size=30), between=st.sampled_from(["", " "]))
def test_any_text_has_the_tokens_that_lark_finds(
    theirs: lark.Lark, words: list[str], between: str
) -> None:
    text = between.join(words)
    grammar = lalr.Grammar(tables.load(), _Makers())
    try:
        expected: object = [(k.type, str(k)) for k in theirs.lex(text)]
    except lark.UnexpectedCharacters:
        expected = None
    try:
        found: object = [(k.type, str(k)) for k in grammar.lex(text)]
    except lalr.Unreadable:
        found = None
    assert found == expected


@pytest.mark.parametrize("place", [0, 40, 70, 5_000, -1])
def test_a_changed_byte_is_noticed(place: int, kept: Path, tmp_path: Path) -> None:
    damaged = bytearray(kept.read_bytes())
    damaged[place] ^= 1
    copy = tmp_path / "copy"
    copy.write_bytes(bytes(damaged))
    assert tables._read(copy) is None


@pytest.mark.parametrize("size", [0, 10, 64, 65, 1_000])
def test_half_a_file_is_noticed(size: int, kept: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(kept.read_bytes()[:size])
    assert tables._read(copy) is None


def test_damaged_tables_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = tables._cache_file(tables._GRAMMAR.read_text(encoding="utf-8"))
    assert path is not None
    path.parent.mkdir()
    path.write_bytes(b"nothing of use")
    tables.load()
    assert tables._read(path) is not None
