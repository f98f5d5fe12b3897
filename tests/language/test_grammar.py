"""The grammar: unambiguous, and each rule has something that builds its node."""

from __future__ import annotations

from pathlib import Path

from lark import Lark, logger

import checker.language.build as build

GRAMMAR = Path(build.__file__).with_name("grammar.lark").read_text(encoding="utf-8")


def test_each_rule_has_a_method() -> None:
    made = Lark(GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=False)
    names = {r.alias or r.origin.name for r in made.rules if not r.options.expand1 or r.alias}
    names = {str(n) for n in names if not str(n).startswith("_")}
    missing = [n for n in sorted(names) if not callable(getattr(build.Build, n, None))]
    assert missing == []


def test_no_conflict_is_resolved_silently(caplog: object) -> None:
    import logging

    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    old = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        Lark(GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=False, debug=True)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(old)
    assert [r for r in records if "conflict" in r.lower()] == []
