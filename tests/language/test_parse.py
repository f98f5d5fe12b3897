"""Reading goes on after a mistake: each is reported once, and what is right is kept."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.diagnostics.diagnostic import Diagnostic
from checker.language import tree as t
from checker.language.parse import MAX_ERRORS, parse, tokens
from model.span import Source

EVERYTHING = Path(__file__).with_name("everything.vq").read_text(encoding="utf-8")
PIECES = [str(k) + ("\n" if k.type == "COMMENT" else " ") for k in tokens(Source("", EVERYTHING))]


def _errors(text: str) -> list[Diagnostic]:
    return parse(Source("x.vq", text))[1]


def _lines(text: str) -> list[int]:
    return [d.at.span.line for d in _errors(text) if d.at]


def test_a_text_with_every_construct_is_read() -> None:
    assert _errors(EVERYTHING) == []


def test_tokens_give_the_text_back_but_for_blanks() -> None:
    found = tokens(Source("", EVERYTHING))
    assert "".join("".join(k.split()) for k in found) == "".join(EVERYTHING.split())
    assert all(EVERYTHING[k.start_pos : k.end_pos] == k for k in found)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("param x = 3\nparam y in 1..2\nlet z == 4\n", [1, 3]),
        ("param a in 1..2\n}\nparam b = 2\n", [2, 3]),
        ("transport t {\n  memory = sc\n  pool a b\n  mode x\n}\nlet x 3\n", [2, 3, 4, 6]),
        ("service s(q) {\n  raies l\n  stop\n  brake\n  drain\n}\nlet x = \n", [2, 4, 6, 7]),
        ("device_type d {\n  queue a[0..1] at 0 { poled }\n  queue b at 1 { poled }\n}\n", [2, 3]),
        ("platform p {\n  cpus\n", [2]),
        ("transport t {\n  map in device {\n    queue q => line 0\n  }\n}\nlet a b\n", [3, 6]),
    ],
)
def test_each_mistake_is_reported_once(text: str, lines: list[int]) -> None:
    assert _lines(text) == lines


def test_what_stands_around_a_mistake_is_kept() -> None:
    text = "param a in 1..2\nlet b = 3 4\ntransport t {\n  memory sc\n  foo\n  pool p : edge\n}\n"
    module, found = parse(Source("x.vq", text))
    assert [d.at.span.line for d in found if d.at] == [2, 5]
    assert [type(i) for i in module.items] == [t.ParamDecl, t.Let, t.Transport]
    assert isinstance(module.items[2], t.Transport)
    assert len(module.items[2].items) == 2


def test_a_missing_brace_is_found_by_the_indentation() -> None:
    text = (
        "transport t {\n  handler on line l {\n    if s {\n      stop\n  }\n}\nlet a = 1\nlet b 2\n"
    )
    missing, other = _errors(text)
    assert missing.hint == "add the missing `}`"
    assert [a.span.line for a in missing.also] == [3]
    assert other.at is not None
    assert other.at.span.line == 8


def test_no_more_than_a_screenful_of_errors() -> None:
    assert len(_errors("let = 1\n" * 500)) == MAX_ERRORS
    assert len(_errors("@ " * 500)) == MAX_ERRORS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("let n = " + "(" * 10_000 + "1" + ")" * 10_000, "VQ0104"),
        ("let n = " + "+".join(["1"] * 10_000), "VQ0104"),
        ("let n = " + "not " * 10_000 + "a", "VQ0104"),
        ("let n = " + "9" * 10_000, "VQ0105"),
        ("let n = 1\n" * 200_000, "VQ0106"),
        ("{" * 10_000, "VQ0104"),
    ],
)
def test_hostile_texts_are_refused(text: str, code: str) -> None:
    assert {d.code for d in _errors(text)} == {code}


def test_many_errors_in_a_large_file_do_not_take_long() -> None:
    text = (EVERYTHING + "\nparam x = 3\n@\n") * 8
    start = time.process_time()
    assert _errors(text)
    assert time.process_time() - start < 5


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_mixture_of_tokens_is_read_or_reported(data: st.DataObject) -> None:
    pieces = list(PIECES)
    for _ in range(data.draw(st.integers(1, 6))):
        a = data.draw(st.integers(0, len(pieces) - 1))
        b = data.draw(st.integers(0, len(pieces) - 1))
        match data.draw(st.sampled_from(("delete", "double", "swap", "replace"))):
            case "delete":
                del pieces[a]
            case "double":
                pieces.insert(a, pieces[a])
            case "swap":
                pieces[a], pieces[b] = pieces[b], pieces[a]
            case _:
                pieces[a] = pieces[b]
    module, found = parse(Source("x.vq", "".join(pieces)))
    assert module.items or found


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("{}()[];:,.=<>-+*/%!?#&|'\"\n\t axé→1") | st.characters()))
def test_any_text_is_read_or_reported(text: str) -> None:
    module, found = parse(Source("x.vq", text))
    assert all(d.headline for d in found)
    assert isinstance(module, t.Module)
