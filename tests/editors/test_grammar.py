"""The TextMate grammar against the language: every word, and every line of every design."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from textmate_grammar.parsers.base import LanguageParser

from checker.language.parse import tokens
from checker.language.tables import load
from checker.lsp.words import WORDS
from model.span import Source

ROOT = Path(__file__).parents[2]
VSCODE = ROOT / "editors/vscode"
GRAMMAR = VSCODE / "syntaxes/vq.tmLanguage.json"
KEYWORDS = sorted(w for w in load().spelling.values() if w.isidentifier())
OTHERS = "true false min max rank count base callbacks".split()
"""Words with a meaning of their own that are names to the parser."""


@pytest.fixture(scope="module")
def machine() -> LanguageParser:
    return LanguageParser(json.loads(GRAMMAR.read_text(encoding="utf-8")))


def scopes(machine: LanguageParser, text: str) -> dict[tuple[int, int], str]:
    """The innermost scope of each character, by line and column."""
    found: dict[tuple[int, int], str] = {}
    element: Any = machine.parse_string(text)
    for (line, column), words, names in element.flatten():
        for k in range(len(words)):
            found[line, column + k] = names[-1]
    return found


def test_there_are_keywords() -> None:
    assert len(KEYWORDS) > 90
    assert {"param", "drain_one", "wants_last", "otherwise"} <= set(KEYWORDS)


@pytest.mark.parametrize("word", [*KEYWORDS, *OTHERS])
def test_each_word_has_a_colour_and_an_explanation(machine: LanguageParser, word: str) -> None:
    scope = scopes(machine, f" {word} (x\n")[0, 1]
    assert scope.split(".")[0] in ("keyword", "storage", "support", "constant"), scope
    assert word in WORDS
    text = f"{word}s_ s_{word} a.{word} \n"  # Parts of other names, and behind a dot.
    found = scopes(machine, text)
    assert {found[0, 0], found[0, text.index(" s_") + 1]} == {"variable.other.vq"}
    assert found[0, text.index("a.") + 2] == "variable.other.member.vq"


def test_no_word_is_explained_that_is_none() -> None:
    values = (
        "all any attempt contiguous edge event_idx flags level message packed_event relaxed sc tso"
    )
    assert set(WORDS) == {*KEYWORDS, *OTHERS, "family", "index", "nth", *values.split()}


EXPECTED = {
    "COMMENT": r"comment\.",
    "NUMBER": r"constant\.numeric\.",
    "NAME": r"variable\.|entity\.name\.|support\.|constant\.language\.",
}


def test_every_design_is_coloured_as_it_is_read(machine: LanguageParser) -> None:
    lines: dict[str, None] = {}
    for path in sorted((ROOT / "specs").rglob("*.vq")):
        lines |= dict.fromkeys(path.read_text(encoding="utf-8").splitlines())
    lines |= dict.fromkeys((ROOT / "tests/language/everything.vq").read_text().splitlines())
    source = Source("specs", "\n".join(lines) + "\n")
    found = scopes(machine, source.text)
    plain = []
    for token in tokens(source):
        line, column = source.position(token.start_pos)
        scope = found.get((line - 1, column - 1), "nothing")
        of_words = r"keyword\.|storage\.|support\.|constant\.|entity\.|variable\.other\.member"
        kind = EXPECTED.get(
            token.type, of_words if token.isidentifier() else r"keyword|punct|entity"
        )
        if not re.match(kind, scope):
            plain.append((source.line(line), str(token), token.type, scope))
    assert not plain


def test_the_manifest_names_files_that_are_there() -> None:
    manifest = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    (language,), (grammar,) = (manifest["contributes"][k] for k in ("languages", "grammars"))
    for name in (manifest["main"], language["configuration"], grammar["path"]):
        assert (VSCODE / name).is_file()
    known = json.loads(GRAMMAR.read_text(encoding="utf-8"))
    assert grammar["scopeName"] == known["scopeName"]
    assert (grammar["language"], language["extensions"]) == (language["id"], [".vq"])


def test_blocks_open_and_close_where_the_editor_indents() -> None:
    file = VSCODE / "language-configuration.json"
    rules = json.loads(file.read_text(encoding="utf-8"))["indentationRules"]
    more, less = (re.compile(rules[k]) for k in ("increaseIndentPattern", "decreaseIndentPattern"))
    for text, opens, closes in [
        ("device eth0 : net on t {", True, False),
        ("    handler on line l {  # {", True, False),
        ("queue q -> line 0", False, False),
        ("register s { A, B }", False, False),
        ("# {", False, False),
        ("    }", False, True),
        ("    } else {", True, True),
    ]:
        assert (bool(more.match(text)), bool(less.match(text))) == (opens, closes), text
