"""One layout: what a design says never changes, and formatting twice is formatting once."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.language.format import formatted, same_tree
from checker.language.parse import parse, tokens
from model.span import Source

ROOT = Path(__file__).parents[2]
EVERYTHING = Path(__file__).with_name("everything.vq").read_text(encoding="utf-8")
TOKENS = tokens(Source("", EVERYTHING))
GAPS = [" ", " ", " ", " ", " ", " ", "\n", "\n\n", "\n\n\n", "\t", "\r\n", "  # c\n", "\n # own\n"]


def _format(text: str) -> str:
    out, found = formatted(Source("x.vq", text))
    assert not found
    return out


def _assert_laws(text: str) -> None:
    out = _format(text)
    assert _format(out) == out
    assert same_tree(parse(Source("", text))[0], parse(Source("", out))[0])
    comments = re.findall(r"#[^\n]*", text)
    assert re.findall(r"#[^\n]*", out) == [c.rstrip() for c in comments]
    assert not re.search(r"[ \t\r]\n|\n\n\n|\{\n\n|\n\n *\}", out)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("param  x   in 1 .. 2;\n", "param x in 1..2\n"),
        ("let a=1+2*-b", "let a = 1 + 2*-b\n"),
        ("let a = f( x ,y )[\n", None),
        ("assert  n : a&&!b||c", "assert n: a and not b or c\n"),
        ("let a = min( 1,2 )\r\n\r\n\r\n\r\nlet b=2\r\n", "let a = min(1, 2)\n\nlet b = 2\n"),
        ("param a in 0..n  - 1\n", "param a in 0..n-1\n"),
        ("# only a comment   \n\n\n", "# only a comment\n"),
        ("", ""),
        ("device a:b( 1 )on c(2){lines 2}", "device a : b(1) on c(2) { lines 2 }\n"),
        ("device_type d(n:1..2){}", "device_type d(n: 1..2) { }\n"),
        ("platform p {\n\n  cpus 4 ; ;\n\n\n}", "platform p {\n    cpus 4\n}\n"),
        (
            "service s(q)\n{ if a { stop }\n else { fence; } fence }",
            "service s(q) { if a { stop } else { fence }; fence }\n",
        ),
        (
            "assert a\nand b # why\n# more\nor c",
            "assert a\n    and b  # why\n    # more\n    or c\n",
        ),
        ("transport t { register s { A,B } }", "transport t { register s { A, B } }\n"),
        (
            "service s(q) { set a.{ A,B }; clear a [ line ( q ) ] x }",
            "service s(q) { set a.{A, B}; clear a[line(q)] x }\n",
        ),
    ],
)
def test_layout(text: str, expected: str | None) -> None:
    out, found = formatted(Source("x.vq", text))
    if expected is None:
        assert found
        assert out == text
    else:
        assert out == expected
        _assert_laws(text)


def test_rules_and_comments_are_aligned() -> None:
    text = """\
transport t {
    map in device {
        queue q -> line 10 if a # first
        config -> line 0     # second
                             # goes on
        # alone
        queue q -> none otherwise # third

        queue q -> line 1 if a
    }
}
"""
    expected = """\
transport t {
    map in device {
        queue q -> line 10 if a  # first
        config  -> line 0        # second
                                 # goes on
        # alone
        queue q -> none otherwise  # third

        queue q -> line 1 if a
    }
}
"""
    assert _format(text) == expected
    _assert_laws(text)


def test_comments_are_not_aligned_beyond_the_width() -> None:
    text = f"let {'a' * 40} = 1  # {'why ' * 5}\nlet b = 2  # {'because ' * 7}\n"
    assert _format(text) == text.replace(" \n", "\n")


def test_queues_and_controllers_are_tables() -> None:
    text = """\
device_type net(n: 1..2) {
    queue rx[i in 0..n - 1] at 2 * i { role rx }
    queue at at 2*i + (1) if (multi) and at { polled }
    queue ctrl at 9
    id 1
}
platform p {
    controller ioapic : edge { lines 0..1 }
    controller its : message { lines 2..3  reserved 2 }
}
"""
    expected = """\
device_type net(n: 1..2) {
    queue rx[i in 0..n-1] at 2*i                         { role rx }
    queue at              at 2*i + (1) if (multi) and at { polled }
    queue ctrl            at 9
    id 1
}
platform p {
    controller ioapic : edge    { lines 0..1 }
    controller its    : message { lines 2..3; reserved 2 }
}
"""
    assert _format(text) == expected
    _assert_laws(text)


def test_a_block_that_does_not_fit_is_opened_up() -> None:
    words = "; ".join(["drain q"] * 12)
    out = _format(f"service s(q) {{ {words} }}\nlet a = 1\n")
    assert out == "service s(q) {\n" + "    drain q\n" * 12 + "}\nlet a = 1\n"


def test_the_golden_layout() -> None:
    golden = Path(__file__).with_name("everything.formatted")
    import os

    if "UPDATE_GOLDENS" in os.environ:
        golden.write_text(_format(EVERYTHING), encoding="utf-8")
    assert _format(EVERYTHING) == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "specs").rglob("*.vq")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_design_of_the_repository_keeps_the_laws(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if parse(Source("", text))[1]:
        assert "broken" in path.parts  # Nothing else may be unreadable.
    else:
        _assert_laws(text)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, len(TOKENS) - 40), st.randoms(use_true_random=False))
def test_any_spacing_of_a_design_gets_a_stable_layout(start: int, random: object) -> None:
    """Random blanks, line breaks and comments in a window; the rest as it was written."""
    import random as r

    assert isinstance(random, r.Random)
    out = []
    for i, k in enumerate(TOKENS):
        comment = k.type == "COMMENT"
        near = start <= i < start + 40
        out.append(str(k) + ("\n" if comment else random.choice(GAPS) if near else " "))
    _assert_laws("".join(out))
