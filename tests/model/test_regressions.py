"""Designs that were once said to hold, or brought the checker down; found by attacking it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.engines.engine import Budget
from checker.verdict.verdict import outcome
from checker.verify import Options, verify

TYPES = """
device_type nic(n: 1..8) {
    id 1
    feature F
    queue rx[i in 0..n-1] at 2*i { role rx }
    queue tx[i in 0..n-1] at 2*i + 1 { role tx }
    config_change
    pair rx[i] with tx[i]
}
"""
MAP = "map in transport { queue q -> line q.index % lines; config -> line 0 }"
PROGRAMMED = "map in device { programmed }"
HANDLER = "handler h on line l { notify config for q in queues { service q } }"
SMALL = "platform p { cpus 4 controller c : edge { lines 0..3 } }\n"
NIC = "device d : nic(2) on t { lines 2..3 }\n"


def _transport(*parts: str, name: str = "t") -> str:
    return f"transport {name} {{ {' '.join(parts)} }}\n"


def _handler(body: str, more: str = "") -> str:
    """A design whose handler does this, after `notify config`."""
    handler = f"handler h on line l {{ notify config {body} }}"
    return TYPES + _transport(more, MAP, PROGRAMMED, handler) + NIC


def _service(body: str, more: str = "") -> str:
    service = f"service s(q) {{ {body} }}"
    design = TYPES + _transport(more, service, MAP, PROGRAMMED, HANDLER)
    return design + "device d : nic(2) on t { lines 2  service s }\n"


def _policy(*attempts: str) -> str:
    some = " ".join(f"try a{k} {{ {a} }}" for k, a in enumerate(attempts))
    return TYPES + _transport(f"policy p {{ {some} }}", PROGRAMMED, HANDLER)


def _sees(rule: str, types: str = TYPES, more: str = "") -> str:
    a_map = f"map in transport sees index {{ {rule} queue q -> line 0; config -> line 0 }}"
    return types + _transport(more, a_map, PROGRAMMED, HANDLER)


SERVE = "for q in queues { service q }"
COVERAGE = {
    "an attempt whose lines are less than none": (
        _policy("lines queues - 5; queue q -> line 0; config -> line 0")
        + "param n in 1..4  device d : nic(n) on t { lines 1..2 }",
        "refused",
    ),
    "numbers are listed for another attempt": (
        _policy(
            "lines 2; queue q -> line q.index % lines; config -> line 0",
            "lines 1; queue q -> line 7; config -> line 0",
        )
        + "device d : nic(1) on t { lines 1..2  numbers 5, 6 }",
        "violated",
    ),
    "the line of a configuration that depends on a feature": (
        TYPES
        + _transport(
            "map in transport { config -> line 1 if device.feature.F; config -> line 0;"
            " queue q -> line 1 }",
            PROGRAMMED,
            "handler h on line l { notify config for q on line(config) { service q } }",
        )
        + "device d : nic(1) on t { lines 2 }",
        "violated",
    ),
    "a division in the map of a polled queue": (
        "device_type z { id 1 queue a at 0 queue b at 1 { polled } }\n"
        + _transport(
            "map in transport { queue q -> line 0 if q.callback; queue q -> line 1 % (lines - 1) }",
            PROGRAMMED,
            HANDLER,
        )
        + "device d : z on t { lines 1..3 }",
        "violated",
    ),
    "a division in the device's map of a polled queue": (
        "device_type z { id 1 queue a at 0 queue b at 1 { polled } }\n"
        + _transport(
            "map in transport { queue q -> line 0 if q.callback; queue q -> none }",
            "map in device { queue q -> line q.index / (lines - q.index) }",
            HANDLER,
        )
        + "device d : z on t { lines 1..3 }",
        "violated",
    ),
    "a division in the map of a configuration that never changes": (
        "device_type z { id 1 queue a at 0 }\n"
        + _transport(
            "map in transport { queue q -> line 0; config -> line 1 % (lines - 1) }",
            PROGRAMMED,
            HANDLER,
        )
        + "device d : z on t { lines 1..3 }",
        "violated",
    ),
    "requests that depend on the numbers": (
        TYPES
        + SMALL
        + _transport("request lines 0..lines-1 with h if base < 2", MAP, PROGRAMMED, HANDLER)
        + "device d : nic(1) on t { lines 1..2 }",
        "violated",
    ),
    "an attempt without lines": (
        TYPES
        + _transport(
            "pool x : edge pool y : level policy p {"
            " try a { lines 1 of x; config -> line 0; queue q -> line 0 }"
            " try b { lines 0 of y; config -> none; queue q -> none } }",
            PROGRAMMED,
            HANDLER,
        )
        + "device d : nic(1) on t { lines 0 of x }",
        "violated",
    ),
    "an assumption that no attempt meets": (
        _policy("lines 2; config -> line 0; queue q -> line 9")
        + "device d : nic(1) on t { lines 2 }  assume d.lines == 7\n"
        + _transport(MAP, PROGRAMMED, HANDLER, name="u")
        + "device e : nic(1) on u { lines 2 }",
        "refused",
    ),
    "more lines than can be laid out": (
        "device_type z { id 1 queue q at 0 }"
        + _transport("map in transport { queue q -> line lines }", PROGRAMMED, HANDLER)
        + "device d : z on t { lines 0x8000000000 }",
        "unknown",
    ),
    "a loop around goes through no queue": (
        _handler(f"for a on line[7] {{ {SERVE} }}"),
        "unknown",
    ),
    "a loop around has a condition": (
        _handler(f"for a in queues where a.index > 100 {{ {SERVE} }}"),
        "unknown",
    ),
    "a condition over the queue of a loop around": (
        _handler("for a in queues { for b on l where a.index == b.index { service a } }"),
        "holds",
    ),
    "the line of the queue of a loop around": (
        _handler("for a in queues { for b on line(a) { service b } }"),
        "holds",
    ),
    "a local that is false": (_handler(f"x = 1 == 2  if x {{ {SERVE} }}"), "violated"),
    "a local that is true on one line": (_handler(f"x = l == 0  if x {{ {SERVE} }}"), "violated"),
    "a loop that always returns": (_handler(f"loop {{ return none }} {SERVE}"), "violated"),
    "a loop without end": (_handler(f"loop {{ fence }} {SERVE}"), "violated"),
    "each round returns": (_handler(f"for a in queues {{ return none }} {SERVE}"), "unknown"),
    "only the first is served": (_handler("for q in queues { service q stop }"), "unknown"),
    "one queue ends the loop for those behind it": (
        _handler("for q in queues { if q.role == tx { service q  stop } service q }"),
        "unknown",
    ),
    "a run-time condition may spare the others": (
        _handler("for q in queues { if not pending q { stop } service q }"),
        "holds",
    ),
    "a bit is not set and clear at once": (
        _handler(
            f"s = read r  if s.A and not s.A {{ {SERVE} }}",
            "register r { A } signal queue q { set r.A }",
        ),
        "violated",
    ),
    "what a bit decided stays decided": (
        _handler(
            f"s = read r  if s.A {{ return none }} if s.A {{ {SERVE} }}",
            "register r { A } signal queue q { set r.A }",
        ),
        "violated",
    ),
    "no line to go through": (_handler("for q on line[(l - 1) / 2] { service q }"), "refused"),
    "a service program for some queues": (_service("if q.role == rx { drain q }"), "violated"),
    "a service program that reads a bit": (
        _service("x = read r  if x.A { drain q }", "register r { A } signal queue q { set r.A }"),
        "holds",
    ),
    "a service program that only schedules itself": (_service("schedule q"), "unknown"),
    "a service program of another queue": (
        _service("for x on line[0] where x.index == 0 { drain x }"),
        "unknown",
    ),
}
NEGATIVE = "device_type z(k: -3..3) { id 1 queue q[i in -2..1] at i + 2 }"
LAYERING = {
    "a device with id 0": _sees(
        "queue q -> line 1 if device.id == 0;",
        "device_type z { id 0 queue q at 0 } device_type y { id 5 queue q at 0 }",
    )
    + "device d : z on t { lines 2 }",
    "a negative argument": _sees("queue q -> line 1 if device.arg.k < 0;", NEGATIVE)
    + "device d : z(-2) on t { lines 2 }",
    "a negative number in the family": _sees("queue q -> line 1 if q.nth < 0;", NEGATIVE)
    + "device d : z(-2) on t { lines 2 }",
    "a negative param": "param k in -3..3\n"
    + _sees("queue q -> line 1 if k < 0;")
    + "device d : nic(1) on t { lines 2 }",
    "the configuration": _sees("config -> line 1 if device.id == 1;")
    + "device d : nic(1) on t { lines 2 }",
    "a fact beside a tally that is always true": _sees(
        "queue q -> line 1 if 0 <= count(q where q.slow) and device.feature.F;"
    )
    + "device d : nic(1) on t { lines 2 }",
    "a hint outside of its range": _sees(
        "queue q -> line 1 if q.hint.g < 2;", more="hint g in 0..1"
    )
    + "device d : nic(3) on t { lines 2  hint g(rx[i]) = i }",
}


_ONE = "device d : nic(1) on t { lines 1 }"
_EACH = "config -> line lines - 1; queue q -> line rank(q) if q.callback; queue q -> none"
SEEN_ENOUGH = {
    "the lines that an attempt takes": TYPES
    + _transport(
        f"policy p sees callback {{ try a {{ lines callbacks + 1; {_EACH} }} }}",
        PROGRAMMED,
        HANDLER,
    )
    + _ONE,
    "an attempt that is tried for what is seen": TYPES
    + _transport(
        "policy p sees callback { try a if callbacks > 7 {"
        " lines 1; config -> line 0; queue q -> line callbacks > 7 ? 0 : q.index } }",
        PROGRAMMED,
        HANDLER,
    )
    + _ONE,
    "a param that is in its range": "param n in 1..4  assume n != 2\n"
    + _sees("queue q -> line n if n > 4; queue q -> line 1 if n == 2;")
    + _ONE,
    "an argument that is in its range": TYPES
    + _transport(
        "map in transport sees index { queue q -> line device.id if k > 4;"
        " queue q -> line 0; config -> line 0 }",
        PROGRAMMED,
        HANDLER,
        name="t(k: 1..4)",
    )
    + "device d : nic(1) on t(2) { lines 1 }",
    "there are no more queues with a callback than queues": _sees(
        "queue q -> line 1 if queues < callbacks;"
    )
    + _ONE,
    "a rank is smaller than what is counted": _sees(
        "queue q -> line q.callback ? rank(q) / callbacks : 0;"
    )
    + _ONE,
    "a rank is at most the index": _sees("queue q -> line 1 if q.index < rank(q);") + _ONE,
}


def _said(text: str, prop: str, folder: Path, rlimit: int = Budget().rlimit) -> str:
    path = folder / "design.vq"
    path.write_text(f"{text}\ncheck {prop}\n", encoding="utf-8")
    report = verify(path, Options(Budget(rlimit=rlimit)))
    return outcome(report.lines[0].verdict) if report.lines else "refused"


@pytest.mark.parametrize("name", COVERAGE)
def test_coverage(name: str, tmp_path: Path) -> None:
    text, truth = COVERAGE[name]
    assert _said(text, "coverage", tmp_path) == truth


@pytest.mark.parametrize("name", LAYERING)
def test_layering(name: str, tmp_path: Path) -> None:
    truth = "refused" if "outside" in name else "violated"
    assert _said(LAYERING[name], "layering", tmp_path) == truth


def test_the_lines_that_are_seen_do_not_hide_what_they_are_asked_by(tmp_path: Path) -> None:
    ladder = "try a { lines queues; config -> line 0; queue q -> line q.index % lines }"
    text = TYPES + _transport(f"policy p sees index, lines {{ {ladder} }}", PROGRAMMED, HANDLER)
    assert _said(text + _ONE, "layering", tmp_path) == "violated"


@pytest.mark.parametrize("name", SEEN_ENOUGH)
def test_layering_shows_no_devices_that_there_cannot_be(name: str, tmp_path: Path) -> None:
    assert _said(SEEN_ENOUGH[name], "layering", tmp_path) == "holds"


PLAIN = TYPES + _transport(MAP, PROGRAMMED, HANDLER)


def test_an_attempt_that_neither_device_tries_makes_no_difference(tmp_path: Path) -> None:
    never = "device.feature.F and not device.feature.F"
    ladder = f"policy p sees index {{ try a if {never} {{ lines queues; queue q -> line 0 }} }}"
    text = TYPES + _transport(ladder, PROGRAMMED, HANDLER) + "device d : nic(1) on t { lines 1 }"
    assert _said(text, "layering", tmp_path) == "holds"


@pytest.mark.parametrize(
    ("more", "claim"),
    [
        ("param n in 1..4  assume n > 2  device d : nic(1) on t { lines n }", "d.lines > 2"),
        ("device d : nic(1) on t { lines 2  numbers 3, 5 }", "d.lines == 2"),
    ],
)
def test_claims_know_what_is_assumed(more: str, claim: str, tmp_path: Path) -> None:
    assert _said(f"{PLAIN}{more}\nassert {claim}", "assertions", tmp_path) == "holds"


def test_affinity_by_the_smallest_number(tmp_path: Path) -> None:
    for cpu, truth in (("base % cpus", "holds"), ("(base + l) % cpus", "violated")):
        text = f"{PLAIN}{SMALL}device d : nic(1) on t {{ lines 2  affinity line l -> cpu {cpu} }}"
        assert _said(text, "pair_affinity", tmp_path) == truth


def test_pairs_of_two_kinds_are_spread_together(tmp_path: Path) -> None:
    queues = " ".join(f"queue {n}[i in 0..1] at i + {2 * k}" for k, n in enumerate("abcd"))
    kind = f"device_type z {{ id 1 {queues} pair a[i] with b[i] pair c[i] with d[i] }}\n"
    rules = "map in transport { queue q -> line 0 if q.index < 4; queue q -> line 1 }"
    text = kind + _transport(rules, PROGRAMMED, HANDLER) + "device x : z on t { lines 2 }"
    assert _said(text, "pair_affinity", tmp_path) == "holds"


TALLIED = """platform p { cpus 3  vectors 2 per cpu  controller c : edge { lines 0..63 } }
device d : nic(n) on t { lines 2*n + 1  affinity %s }
param n in 1..4
"""


@pytest.mark.parametrize(
    ("affinity", "prop"),
    [
        ("queue q -> cpu rank(q) % cpus", "pair_affinity"),
        ("line l -> cpu l % callbacks % cpus", "pair_affinity"),
        ("line l -> cpu l % callbacks % cpus", "irq_limits"),
        ("line l -> cpu l / callbacks", "irq_limits"),
    ],
)
def test_affinity_by_a_tally(affinity: str, prop: str, tmp_path: Path) -> None:
    text = PLAIN + TALLIED % affinity
    # That such numbers are spread evenly over CPUs is a question that may well stay open.
    assert _said(text, prop, tmp_path, rlimit=100_000) == "violated"


def test_a_request_beyond_the_lines_where_numbers_follow_one_another(tmp_path: Path) -> None:
    # The smallest number was any at all, no numbering had it, and the verdict was `unknown`.
    platform = "platform p { controller c : edge { lines 3..9 } }\n"
    rules = (
        "map in driver { queue q -> number base; config -> line 0; request lines 0..2 with irq }"
        " map in device { queue q -> line 0; config -> line 0 }"
    )
    handler = "handler irq on line l { notify config for q in queues { service q } }"
    device = "device d : nic(1) on t { lines 1  numbers contiguous }"
    text = TYPES + platform + f"transport t {{ {rules} {handler} }}\n" + device
    assert _said(text, "coverage", tmp_path) == "violated"


def test_the_smallest_number_of_a_device_that_is_programmed(tmp_path: Path) -> None:
    # The line of the device got a number of its own, which was another one, and all seemed well.
    platform = "platform p { controller c : edge { lines 3..6 } }\n"
    rules = (
        "map in driver { queue q -> number base; config -> line 0; request line 0 with cfg;"
        " request lines 1..lines-1 with vq } map in device { programmed }"
    )
    handlers = (
        "handler cfg on line l { notify config } handler vq on line l { for q on l { service q } }"
    )
    text = TYPES + platform + f"transport t {{ {rules} {handlers} }}\n"
    device = "device d : nic(1) on t { lines 2 }"
    assert _said(text + device, "coverage", tmp_path) == "violated"


@pytest.mark.parametrize("lines", ["1..2", "2..3", "n", "n..n + 1", "1..n"])
def test_listed_numbers_leave_no_grant_out(lines: str, tmp_path: Path) -> None:
    # All that was asked about was the grant of two, and `holds` did not say so.
    text = f"param n in 1..3\n{PLAIN}device d : nic(1) on t {{ lines {lines}  numbers 3, 5 }}"
    assert _said(text, "coverage", tmp_path) == "refused"
    fixed = text.replace(f"lines {lines}", "lines 2")
    assert _said(fixed, "coverage", tmp_path) != "refused"
