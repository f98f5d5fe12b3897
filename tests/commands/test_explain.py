"""`checker explain`: every code has an entry that keeps its promise."""

import re
from pathlib import Path
from typing import get_args

import pytest

from checker.commands.main import main
from checker.diagnostics.catalogue import catalogue, close_codes
from checker.diagnostics.catalogue_syntax import ENTRIES
from checker.diagnostics.entry import Entry
from checker.language.elaborate_transports import _SETTINGS
from checker.language.parse import parse
from checker.language.words import LANGUAGE, NAMES, OTHER_NAMES, PAGE
from checker.properties.property import properties
from checker.verdict.verdict import Bounded, Proved, Sampled, Verdict
from checker.verdict.words import OUTPUT, WORDS
from model.design.device import Trigger
from model.span import Source

ROOT = Path(__file__).parents[2]


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "vq0103"]) == 0
    assert (
        capsys.readouterr().out
        == """\
VQ0103: the file ends too early

Something is not finished: mostly a `}` is missing. The label shows the brace that was never closed;
where a later `}` closed it by accident, it is found by the indentation.

Wrong:

    platform small {
        cpus 4

Right:

    platform small {
        cpus 4
    }
"""
    )


def test_the_list_has_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--list"]) == 0
    out = capsys.readouterr().out
    assert all(f"{code}  {entry.headline}" in out for code, entry in catalogue().items())


def test_unknown_topics_get_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "VQ9103"]) == 2
    assert "Did you mean VQ" in capsys.readouterr().err
    assert main(["explain", "raize"]) == 2
    assert "Did you mean raise" in capsys.readouterr().err
    assert main(["explain", "Coverige"]) == 2
    assert "Did you mean coverage" in capsys.readouterr().err
    assert main(["explain", "xyzzy"]) == 2
    assert "--list" in capsys.readouterr().err
    assert main(["explain"]) == 2


@pytest.mark.parametrize("topic", ["305", "0305", "vq305", "VQ0305"])
def test_a_code_may_be_short(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", topic]) == 0
    assert capsys.readouterr().out.startswith("VQ0305: ")


def test_an_exit_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "3"]) == 0
    assert capsys.readouterr().out.startswith("exit code 3: a design is wrong")


def test_a_word_of_the_language_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "pulse"]) == 0
    assert (
        capsys.readouterr().out
        == """\
pulse: `pulse line(q)`

Up and down at once, as an irqfd does: an edge or a message. On a level line it is lost while the
line is in service.

More: docs/reference/language.md, section Programs.
"""
    )
    assert main(["explain", "EDGE"]) == 0
    assert capsys.readouterr().out.startswith("edge: `controller c : edge`\n")


def test_every_word_of_the_grammar_is_explained() -> None:
    grammar = (ROOT / "checker" / "language" / "grammar.lark").read_text(encoding="utf-8")
    words = set(re.findall(r'"([a-z_]{2,})"', grammar))
    values = {*_SETTINGS["memory"], *_SETTINGS["suppression"], *(k.value for k in Trigger)}
    assert set(LANGUAGE) == words | values
    assert not {*LANGUAGE, *NAMES} & {*WORDS, *properties()}
    assert not set(LANGUAGE) & set(NAMES)


def test_what_engineers_call_it_leads_to_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(OTHER_NAMES.values()) <= set(LANGUAGE)
    assert not set(OTHER_NAMES) & {*LANGUAGE, *NAMES, *WORDS, *properties()}
    assert main(["explain", "NAPI"]) == 0
    assert capsys.readouterr().out.startswith("NAPI: see `deferred`\n\ndeferred: `service ")


def test_the_page_of_the_language_has_every_word_and_section() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    sections = {x.removeprefix("## ") for x in page.splitlines() if x.startswith("## ")}
    assert {w.section for w in LANGUAGE.values()} == sections
    every = {**LANGUAGE, **NAMES}
    assert not [name for name in every if not re.search(rf"\b{name}\b", page)]
    assert not [name for name, w in every.items() if name not in w.form]
    assert not [w.text for w in every.values() if not w.text.endswith(".")]


def test_close_codes() -> None:
    assert close_codes("vq101") == ["VQ0101"]
    assert close_codes("103") == ["VQ0103"]
    assert close_codes("nonsense") == []


def test_the_catalogue_is_complete_and_in_order() -> None:
    assert [e.code for e in ENTRIES] == [f"VQ01{n:02}" for n in range(1, 11)]
    assert list(catalogue()) == sorted(catalogue())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.code)
def test_an_example_of_wrong_syntax_has_its_code_and_that_of_right_has_none(entry: Entry) -> None:
    assert entry.explanation
    assert not entry.headline.endswith(".")
    if entry.wrong and entry.code != "VQ0110":
        assert [d.code for d in parse(Source("", entry.wrong))[1]] == [entry.code]
    assert parse(Source("", entry.right))[1] == []


def test_each_word_of_a_verdict_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    shown = {"failed": "error", "sampled": "fuzzed"}
    names = [c.__name__.lower() for c in (*get_args(Verdict), Proved, Bounded, Sampled)]
    others = {"lost", "storm", "starved", "replayed", "certified"}
    assert {*(shown.get(n, n) for n in names), *others} == set(WORDS)
    for word in WORDS:
        assert main(["explain", word]) == 0
        assert capsys.readouterr().out.startswith(f"{word}\n\n")
    assert main(["explain", "bounde"]) == 2
    assert "Did you mean bounded" in capsys.readouterr().err


@pytest.mark.parametrize(
    "word", ["unseen", "rests", "agent", "any device", "not needed", "cached", "granted", "served"]
)
def test_words_of_a_report_are_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *word.split()]) == 0
    assert capsys.readouterr().out.startswith(f"{word}\n\n")
    assert main(["explain", word]) == 0
    assert capsys.readouterr().out.startswith(f"{word}\n\n")


def test_no_word_has_two_meanings() -> None:
    assert not set(OUTPUT) & {*LANGUAGE, *NAMES, *OTHER_NAMES, *WORDS, *properties()}
