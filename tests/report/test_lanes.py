"""A run as a picture: what stands in it, and that it is a picture whatever the names are.

To draw the golden anew: UPDATE_GOLDENS=1 pytest tests/report/test_lanes.py; then look at it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from checker.report.lanes import lanes
from checker.verdict.trace import Trace, TraceStep
from checker.verdict.verdict import Violated
from checker.verify import Options, verify
from model.expr import Value
from model.span import Source, Span

SPECS = Path(__file__).resolve().parents[2] / "specs" / "mmio_multi_irq"
GOLDEN = Path(__file__).with_name("cleaned_up.svg")
SVG = "{http://www.w3.org/2000/svg}"
DEVICE, HANDLER, SERVICE = "device rx[0]", "handler line 0", "service rx[0]"
Cells = dict[str, Value]


def _runs(name: str) -> list[Trace]:
    options = Options(properties=("no_lost_notifications",), expectations=False)
    (line,) = verify(SPECS / name, options).lines
    assert isinstance(line.verdict, Violated)
    return [f.trace for f in line.verdict.findings if f.trace is not None]


def _trace(
    steps: Sequence[tuple[str, str, Cells, Cells]], kind: str = "lost", loop: int | None = None
) -> Trace:
    """Steps are (actor, verb, what it found, what it changed)."""
    span = Span(Source("some/where/a.vq", "x\ny"), 2, 3)
    made = tuple(
        TraceStep(n, actor, verb, span, tuple(changes.items()), tuple(seen.items()))
        for n, (actor, verb, seen, changes) in enumerate(steps, 1)
    )
    agents = (DEVICE, "device rx[1]", HANDLER, SERVICE)
    return Trace(kind, "eth0 with 1 edge line", ("rx[0]",), made, loop, {}, agents)


SMALL = _trace(
    [
        (DEVICE, "publish rx[0]", {}, {"rx[0].unseen": True}),
        (DEVICE, "set status.USED", {}, {"status.USED": True, "line 0.pending": True}),
        (HANDLER, "enter for line 0", {}, {"line 0.pending": False}),
        (HANDLER, "read status", {"s.USED": True}, {}),
        (HANDLER, "schedule rx[0]", {}, {"rx[0].scheduled": True}),
        (SERVICE, "finish", {}, {"rx[0].scheduled": False}),
        ("memory of device rx[0]", "used index of rx[0]", {}, {}),
    ]
)


def _root(trace: Trace, title: str = "t") -> ElementTree.Element:
    return ElementTree.fromstring(lanes(trace, title))


def _classed(root: ElementTree.Element, *words: str) -> list[ElementTree.Element]:
    return [e for e in root.iter() if set(words) <= set(e.get("class", "").split())]


def _texts(root: ElementTree.Element) -> Iterator[str]:
    return ("".join(e.itertext()) for e in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("name", ["cleaned_up.vq", "posted.vq", "posted_qemu.vq"])
def test_every_step_stands_in_the_picture(name: str) -> None:
    for trace in _runs(name):
        root = _root(trace)
        said = [e.text or "" for e in root.iter(f"{SVG}title")]
        texts = list(_texts(root))
        every = " ".join(texts)
        assert len(_classed(root, "mark")) >= len(trace.steps)
        for s in trace.steps:
            assert f"step {s.number}, {s.actor}: {s.verb}" in said
            assert str(s.number) in texts
            assert s.verb in every
            for cell, value in s.changes:
                assert f"{cell} = {int(value)}" in every
            if s.origin is not None:
                assert f"{os.path.basename(s.origin.source.path)}:{s.origin.line}" in texts


def test_the_picture_of_the_cleaned_up_design() -> None:
    (trace,) = _runs("cleaned_up.vq")
    drawn = lanes(trace, "no_lost_notifications violated: cleaned_up.vq") + "\n"
    if "UPDATE_GOLDENS" in os.environ:
        GOLDEN.write_text(drawn, encoding="utf-8")
    assert drawn == GOLDEN.read_text(encoding="utf-8")


def test_the_same_run_is_drawn_the_same() -> None:
    assert lanes(SMALL, "t") == lanes(replace(SMALL), "t")


def test_it_needs_nothing_else() -> None:
    drawn = lanes(SMALL, "t")
    assert not re.search(r"<script|@import|@font-face|url\(|href|\bid=|<!ENTITY", drawn)
    assert re.findall(r"https?://[^\"]*", drawn) == ["http://www.w3.org/2000/svg"]
    assert "(prefers-color-scheme: dark)" in drawn


def test_names_are_text_and_never_markup() -> None:
    bad = '</text><script>"&\x00\ud800'
    step = TraceStep(1, bad, bad, Span(Source(bad, "x"), 0, 1), ((bad, 1),), ((bad, True),))
    drawn = lanes(Trace(bad, bad, (bad,), (step,), 1, {bad: 0}, (bad,)), bad)
    root = ElementTree.fromstring(drawn.encode())
    assert not list(root.iter(f"{SVG}script"))
    assert '</text><script>"&\ufffd\ufffd' in (root.findtext(f"{SVG}title") or "")


def test_a_lane_for_everyone_who_takes_a_step_and_for_each_line() -> None:
    root = _root(SMALL)
    x = [float(e.get("x", "")) for e in _classed(root, "name")]
    names = [e.text for e in _classed(root, "name")]
    assert names == ["rx[0]", "line 0", "line 0", "rx[0]", "of device", "rx[0]"]
    assert x == sorted(x)
    groups = [e.text for e in _classed(root, "group")]
    assert groups == ["device", "lines", "handlers", "services", "memory"]


def test_arrows_lead_to_the_line_to_its_handler_and_to_the_service() -> None:
    root = _root(SMALL)
    # One of them explains the others, below the picture.
    assert [e.get("class") for e in _classed(root, "act")] == [
        "act device",
        "act line",
        "act handler",
        "act ink",
    ]
    assert [e.get("class") for e in _classed(root, "bar")[:3]] == [
        "bar device",
        "bar line",
        "bar service",
    ]


def test_what_is_found_says_who_wrote_it() -> None:
    root = _root(SMALL)
    assert "found s.USED = 1 (step 2)" in list(_texts(root))
    assert len(_classed(root, "read")) == 2


def test_nothing_is_said_of_a_value_that_nobody_wrote() -> None:
    found: Cells = {"s.USED": False, "s.CONFIG": False}
    written: Cells = {"status.USED": True}
    trace = _trace([(DEVICE, "set status.USED", {}, written), (HANDLER, "read status", found, {})])
    root = _root(trace)
    assert "found s.USED = 0, s.CONFIG = 0" in list(_texts(root))
    assert not _classed(root, "read")


def test_what_an_agent_wrote_itself_needs_no_arrow() -> None:
    written: Cells = {"status.USED": False}
    trace = _trace(
        [(HANDLER, "clear status", {}, written), (HANDLER, "read status", {"s.USED": False}, {})]
    )
    root = _root(trace)
    assert "found s.USED = 0 (step 1)" in list(_texts(root))
    assert not _classed(root, "read")


def test_the_end_says_what_is_lost_and_marks_its_lane() -> None:
    root = _root(SMALL)
    assert "Lost: nobody will look at rx[0]" in " ".join(_texts(root))
    assert _classed(root, "cross")
    assert not _classed(root, "bracket")


def test_a_lasso_is_a_bracket() -> None:
    steps = [(HANDLER, "enter for line 0", dict[str, Value](), dict[str, Value]())] * 3
    for kind, words in (
        ("storm", "is entered for ever"),
        ("starved", "Never served: rx[0]"),
        ("unhandled", "Linux disables the line"),
    ):
        root = _root(_trace(steps, kind, 2))
        every = " ".join(_texts(root))
        assert "repeats for ever: steps 2 to 3" in every
        assert words in every
        assert len(_classed(root, "bracket")) == 1
        (band,) = _classed(root, "again")
        top, y = float(band.get("y", "")), [float(e.get("y", "")) for e in _classed(root, "verb")]
        assert y[0] < top < top + float(band.get("height", "")) < y[1] - 11


@pytest.mark.parametrize("name", ["posted.vq", "cleaned_up.vq"])
def test_nothing_stands_outside(name: str) -> None:
    for trace in _runs(name):
        root = _root(trace, "a/path/that/is/rather/long/for/such/a/narrow/picture/" * 3)
        width, height = float(root.get("width", "")), float(root.get("height", ""))
        for e in root.iter(f"{SVG}text"):
            if e.get("x") is None:
                continue
            long = len(e.text or "") * (9.2 if e.get("class") == "title" else 7.0)
            start = float(e.get("x", "")) - (long / 2 if e.get("text-anchor") else 0)
            assert start >= 0
            assert start + long <= width + 12
            assert float(e.get("y", "")) < height


def test_a_run_without_steps_is_a_picture_too() -> None:
    assert "Lost" in " ".join(_texts(_root(_trace([]))))


def test_a_name_that_is_longer_than_a_line_is_wrapped_between_words() -> None:
    # A name was kept with its value at any length, and so cut within a word.
    said = "req[0].notifications enabled as far as the device can see it", True
    trace = Trace("lost", "x", (), (TraceStep(1, "device req[0]", "publish", None, (said,)),))
    texts = re.findall(r'class="note"[^>]*>([^<]*)<', lanes(trace, "t"))
    assert " ".join(texts).split() == ["now", *said[0].split(), "=", "1"]
