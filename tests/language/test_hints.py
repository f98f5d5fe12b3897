"""Each mistake of mistakes.golden gives exactly the messages that stand below it.

To rewrite the file after a change of words: UPDATE_GOLDENS=1 pytest tests/language/test_hints.py
"""

import os
import re
from pathlib import Path

import pytest

from checker.language import hints
from checker.language.hints import NAME, NUMBER, describe, meant
from checker.language.parse import parse
from checker.report.diagnostics import render
from model.span import Source

GOLDEN = Path(__file__).with_name("mistakes.golden")
_BLOCK, _ANSWER = "=" * 72 + "\n", "-" * 72 + "\n"


def _mistakes() -> list[tuple[str, str]]:
    blocks = GOLDEN.read_text(encoding="utf-8").split(_BLOCK)
    return [(b.split(_ANSWER)[0], b.partition(_ANSWER)[2]) for b in blocks if b.strip()]


def _messages(text: str) -> str:
    return render(parse(Source("x.vq", text))[1])


def test_each_mistake_gives_its_messages() -> None:
    found = [(text, _messages(text)) for text, _ in _mistakes()]
    if "UPDATE_GOLDENS" in os.environ:
        blocks = [f"{text}{_ANSWER}{messages}" for text, messages in found]
        GOLDEN.write_text(_BLOCK.join(blocks), encoding="utf-8")
    assert found == _mistakes()


def test_the_words_are_those_of_the_grammar() -> None:
    grammar = Path(hints.__file__).with_name("grammar.lark").read_text(encoding="utf-8")

    def words(rule: str) -> set[str]:
        body = re.search(rf"^{rule}: (.*(?:\n +\|.*)*)", grammar, re.MULTILINE)
        assert body
        return set(re.findall(r'"(\w+)"', body[1]))

    assert words("_soft") == hints._SOFT
    assert words("any_name") == hints._AFTER_DOT
    starts = words("fact_word") | words("peek") | {"(", "-", "not", "!", NAME, NUMBER}
    assert starts == hints._FORMULA


def test_every_mistake_of_the_file_is_one() -> None:
    assert all("error[VQ01" in expected for _, expected in _mistakes())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"in"}, "`in`"),
        ({NAME, "id", "role", "polled"}, "a name"),
        ({NAME, NUMBER, "(", "-", "not", "pending", "lines", "id"}, "a formula"),
        ({"}", "id", "feature", "queue", "pair", ";"}, "`}` or a statement"),
        ({"..", "+", "-", "*", "or"}, "`..` or an operator"),
        ({",", ")", "+"}, "`,`, `)` or an operator"),
    ],
)
def test_what_is_expected_is_said_in_words(words: set[str], expected: str) -> None:
    assert describe(words) == expected


@pytest.mark.parametrize(
    ("word", "among", "expected"),
    [
        ("transprot", {"transport", "device"}, "transport"),
        ("Device", {"device", "policy"}, "device"),
        ("break", {"stop", "set"}, "stop"),
        ("irq", {"line", "none"}, "line"),
        ("xyzzy", {"line", "none"}, ""),
    ],
)
def test_typos_and_words_of_others_are_recognised(
    word: str, among: set[str], expected: str
) -> None:
    assert meant(word, among) == expected
