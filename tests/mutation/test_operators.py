"""The mutants of a small design, one by one; and what is true of the mutants of any design.

To write the golden anew: UPDATE_GOLDENS=1 pytest tests/mutation/test_operators.py; then read it.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.language.load import load
from checker.language.nodes import nodes
from checker.language.parse import parse
from checker.mutation.edit import Edit, between, exchanged, removed, unwrapped, whole
from checker.mutation.mutants import Made, mutants, sample
from checker.mutation.operators import OPERATORS
from checker.mutation.same import same
from checker.properties.property import properties
from model.design.design import Design
from model.span import Source, Span
from tests.markdown import ROOT

SMALL = Path(__file__).with_name("small.vq")
GOLDEN = Path(__file__).with_name("small.golden")
DESIGNS = [
    SMALL,
    *(ROOT / "specs" / name for name in (
        "mmio_multi_irq/posted.vq", "mmio_multi_irq/hinted.vq", "mmio_multi_irq/status_per_line.vq",
        "pci/ladder.vq", "museum/asterinas_before.vq", "handlers/acknowledge_last_resample.vq",
    )),
]  # fmt: skip


@cache
def design_of(path: Path) -> Design:
    design = load(path, {}, properties()).design
    assert design is not None
    return design


@cache
def made(path: Path) -> tuple[Made, ...]:
    return tuple(mutants(path, design_of(path)))


def original(m: Made) -> str:
    return Path(m.key).read_text(encoding="utf-8")


def test_the_mutants_of_a_small_design() -> None:
    text = SMALL.read_text()
    rows = [
        f"{m.mutant.line}: {m.mutant.operator}: "
        f"{text[m.mutant.start : m.mutant.end]!r} -> {m.mutant.new!r}"
        for m in made(SMALL)
    ]
    words = "\n".join(rows) + "\n"
    if "UPDATE_GOLDENS" in os.environ:
        GOLDEN.write_text(words)
    assert words == GOLDEN.read_text()


def test_every_operator_makes_something_of_the_library() -> None:
    paths = [p for p in sorted((ROOT / "specs").rglob("*.vq")) if "lib" not in p.parts]
    left = {o.name for o in OPERATORS}
    for path in [*DESIGNS, *paths]:
        if not left:
            break
        left -= {m.mutant.operator for m in made(path)}
    assert left == set()


def test_a_mutant_can_be_parsed() -> None:
    for m in made(SMALL):
        assert parse(Source("t", m.text))[1] == [], m.mutant.diff


def test_names_and_words_of_operators_are_told_apart() -> None:
    assert len({o.name for o in OPERATORS}) == len({o.words for o in OPERATORS}) == len(OPERATORS)


@settings(max_examples=60, deadline=None)
@given(path=st.sampled_from(DESIGNS), k=st.integers(0, 10_000))
def test_a_mutant_differs_in_one_span_and_nowhere_else(path: Path, k: int) -> None:
    every = made(path)
    m = every[k % len(every)]
    old, new, at = original(m), m.text, m.mutant
    assert new != old
    assert new[: at.start] == old[: at.start]
    assert new[at.start : at.start + len(at.new)] == at.new
    assert new[at.start + len(at.new) :] == old[at.end :]


@settings(max_examples=30, deadline=None)
@given(path=st.sampled_from(DESIGNS), k=st.integers(0, 10_000))
def test_a_diff_shows_the_first_line_that_is_another(path: Path, k: int) -> None:
    m = made(path)[k % len(made(path))]
    old, new = original(m).splitlines(), m.text.splitlines()
    first = next((n for n, (a, b) in enumerate(zip(old, new, strict=False), 1) if a != b), len(new))
    assert m.mutant.line == first
    changed = [row[1:] for row in m.mutant.diff.splitlines()[2:] if row[:1] in "+-"]
    assert changed
    assert all(row in old or row in new for row in changed)


@pytest.mark.parametrize("path", DESIGNS, ids=lambda p: p.stem)
def test_the_same_design_has_the_same_mutants(path: Path) -> None:
    again = mutants(path, design_of(path))
    assert [m.mutant for m in again] == [m.mutant for m in made(path)]
    assert [m.mutant.number for m in again] == [*range(1, len(again) + 1)]
    texts = [(m.key, m.mutant.start, m.mutant.end, m.mutant.new) for m in again]
    assert len(set(texts)) == len(texts)


@settings(max_examples=40, deadline=None)
@given(path=st.sampled_from(DESIGNS), limit=st.integers(1, 300), seed=st.integers(0, 9))
def test_a_sample_is_spread_over_the_operators(path: Path, limit: int, seed: int) -> None:
    every = made(path)
    chosen = sample(every, limit, seed)
    assert chosen == sample(every, limit, seed)
    assert len(chosen) == min(limit, len(every))
    assert [m.mutant.number for m in chosen] == sorted({m.mutant.number for m in chosen})
    there, taken = (Counter(m.mutant.operator for m in some) for some in (every, chosen))
    most = max(taken.values())
    assert all(taken[name] >= min(n, most - 1) for name, n in there.items())


def test_only_what_the_devices_use_is_changed() -> None:
    text = SMALL.read_text()
    start = text.index("service idle")
    end = text.index("service recheck")
    assert not [m for m in made(SMALL) if start <= m.mutant.start < end]
    ladder = {Path(m.mutant.path).name for m in made(ROOT / "specs/pci/ladder.vq")}
    assert ladder == {"ladder.vq", "net_pci.vq", "virtio_pci.vq"}


def test_programs_of_other_modes_are_not_changed(tmp_path: Path) -> None:
    text = SMALL.read_text().replace(
        "    signal queue q { set status.VRING; raise line(q) }\n",
        "    signal queue q in one { set status.VRING; raise line(q) }\n"
        "    signal queue q in two { set status.VRING; pulse line(q) }\n",
    )
    path = tmp_path / "modes.vq"
    path.write_text(text.replace("lines 1..2", "lines 1..2; mode one"))
    found = made(path)
    one, two = path.read_text().index("raise line(q)"), path.read_text().index("pulse line(q)")
    assert [m for m in found if m.mutant.start == one]
    assert not [m for m in found if m.mutant.start == two]


def test_only_the_operators_that_are_named_are_used() -> None:
    found = mutants(SMALL, design_of(SMALL), ("drop-ack", "drop-fence"))
    assert [m.mutant.operator for m in found] == ["drop-ack", "drop-fence"]


def test_a_design_in_another_layout_is_the_same_design(tmp_path: Path) -> None:
    path = tmp_path / "small.vq"
    path.write_text("# one line more\n" + SMALL.read_text().replace("  ", " "))
    one, other = design_of(SMALL), design_of(path)
    assert same(one.transports, other.transports)
    assert same(one.devices, other.devices)
    path.write_text(SMALL.read_text().replace("q.index / 2", "q.index / 3"))
    assert not same(one.transports, load(path).design.transports)  # type: ignore[union-attr]


# Edits


def span(text: str, part: str) -> Span:
    at = text.index(part)
    return Span(Source("t", text), at, at + len(part))


@pytest.mark.parametrize(
    ("text", "part", "left"),
    [
        ("{ a; b; c }", "a", "{ b; c }"),
        ("{ a; b; c }", "b", "{ a; c }"),
        ("{ a; b; c }", "c", "{ a; b }"),
        ("{ a }", "a", "{ }"),
        ("{\n    a  # why\n    b\n}", "a", "{\n    b\n}"),
        ("{\n    a {\n        x\n    }\n    b\n}", "a {\n        x\n    }", "{\n    b\n}"),
        ("{\n    a; b\n}", "a", "{\n    b\n}"),
        ("{ x\n    a }", "a", "{ x\n }"),
    ],
)
def test_what_is_removed_takes_its_lines_or_its_semicolon(text: str, part: str, left: str) -> None:
    assert removed(span(text, part)).applied(text) == left


def test_what_is_exchanged_leaves_what_is_between() -> None:
    text = "a one  # first\nb two"
    assert exchanged(span(text, "a one"), span(text, "b two")).applied(text) == (
        "b two  # first\na one"
    )


def test_a_comment_at_the_end_of_a_block_swallows_nothing() -> None:
    text = "lock k { a\n b # last\n }; c"
    block = span(text, "{ a\n b # last\n }")
    edit = unwrapped(span(text, "lock k { a\n b # last\n }"), block)
    assert edit.applied(text) == "a\n b # last\n; c"


@pytest.mark.parametrize(
    ("text", "part", "all_of_it"),
    [
        ("x (a + b) % c y", "a + b) % c", "(a + b) % c"),
        ("x 1 + (a % (b)) y", "1 + (a % (b", "1 + (a % (b))"),
        ("x ((a)) % (c) y", "a)) % (c", "((a)) % (c)"),
        ("x (a # )\n + b) % c y", "a # )\n + b) % c", "(a # )\n + b) % c"),
    ],
)
def test_an_expression_has_the_parentheses_that_belong_to_it(
    text: str, part: str, all_of_it: str
) -> None:
    found = whole(span(text, part))
    assert found is not None
    assert found.text == all_of_it


def test_an_operator_in_a_comment_is_none() -> None:
    text = "a # < or >\n <= b"
    found = between(span(text, "a"), span(text, "b"), ("<=",))
    assert found is not None
    assert Edit(found.start, found.end, "<").applied(text) == "a # < or >\n < b"


def test_all_nodes_of_a_tree_are_seen_once() -> None:
    tree, _ = parse(Source("t", SMALL.read_text()))
    every = [*nodes(tree)]
    assert len({id(n) for n in every}) == len(every)
