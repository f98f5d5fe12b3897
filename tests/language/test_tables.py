"""The parser's tables come back from the cache as they were made, or are made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lark
import pytest

from checker.language import tables


class _Nodes:
    """A transformer that makes nothing."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of tables; tests work on copies."""
    path = tmp_path_factory.mktemp("cache") / "kept.tables"
    tables._keep(path, tables._build(tables._GRAMMAR.read_text(encoding="utf-8")))
    return path


def _states(made: Any) -> dict[int, dict[str, tuple[str, str]]]:
    table = made.parser.parser._parse_table.states
    return {
        s: {token: (act.name, str(arg)) for token, (act, arg) in table[s].items()}
        for s in range(len(getattr(table, "_kept", table)))
    }


def test_every_state_is_unpacked_as_it_was_built(kept: Path) -> None:
    read = tables._read(kept)
    assert read is not None
    cached = tables._from(read, _Nodes())
    built: Any = lark.Lark(
        tables._GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr", lexer="basic", maybe_placeholders=False, keep_all_tokens=True,
    )  # fmt: skip
    ours, theirs = _states(cached), _states(built)
    # States are numbered anew in each process; what they do is compared by how often it is done.
    assert len(ours) == len(theirs) > 500

    def told(states: dict[int, dict[str, tuple[str, str]]]) -> list[Any]:
        shapes = (
            {t: a if a == "Shift" else (a, r) for t, (a, r) in s.items()} for s in states.values()
        )
        return sorted(sorted(map(repr, s.items())) for s in shapes)

    assert told(ours) == told(theirs)


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
    tables.load(_Nodes())
    assert tables._read(path) is not None
