"""From trees to a design: sorts, formulas, maps, programs, devices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.diagnostics import catalogue_meaning
from checker.diagnostics.entry import Entry
from checker.language.load import load
from model.design.mapping import Request, ToNone
from model.design.program import ForQueues, If, QueueAction
from model.expr import FALSE, TRUE, Lit, Tally, Var, text

Read = Callable[[str], Any]

TYPE = """device_type blk(n: 1..4) {
    id 2
    feature mq
    queue rq[k in 0..n-1] at 2*(k + 1) - k { role request }
    queue ctl at n + 1  if mq { polled }
    config_change
}
"""
MAPS = """
    map in driver { queue q -> line q.index % lines;  config -> line 0 }
    map in device { programmed }
"""
HANDLER = "handler on line x { for a in queues where a.role == request { service a } }\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(words: str) -> Any:
        path = tmp_path / "design.vq"
        path.write_text(words)
        return load(path)

    return run


def transport(items: str = "", maps: str = MAPS, handler: str = HANDLER) -> str:
    return f"transport mmio {{ {items} {maps} {handler} }}\n"


def design(body: str = "", items: str = "", before: str = "", maps: str = MAPS) -> str:
    device = f"device disk : blk(3) on mmio {{ {body} }}\ncheck coverage\n"
    return TYPE + before + transport(items, maps) + device


def program(statements: str, kind: str = "handler on line x") -> str:
    made = f"{kind} {{ {statements} }}\n"
    registers = "register status { USED, CONFIG }  register up { A } per line"
    return transport(registers, handler=made + ("" if "handler" in kind else HANDLER))


def codes(loaded: Any) -> list[str]:
    return [d.code for d in loaded.diagnostics]


def rules(loaded: Any) -> Any:
    return loaded.design.transports[0].driver.attempts[0].rules


# The catalogue

EXAMPLES = [e for e in catalogue_meaning.ENTRIES if e.wrong]


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda e: e.code)
def test_each_wrong_example_gives_its_code_alone(read: Read, entry: Entry) -> None:
    assert codes(read(entry.wrong)) == [entry.code]


@pytest.mark.parametrize("entry", EXAMPLES, ids=lambda e: e.code)
def test_each_repaired_example_is_fine(read: Read, entry: Entry) -> None:
    loaded = read(entry.right)
    assert codes(loaded) == []
    assert loaded.design is not None


# Device types


def test_an_index_is_written_as_factor_times_index_plus_rest(read: Read) -> None:
    rq, ctl = read(TYPE).design.types[0].families
    assert text(rq.at) == "i + 2"
    assert text(ctl.at) == "n + 1"
    assert ctl.callback == FALSE
    assert ctl.present == Var("type.feature.mq", True)


def test_a_family_without_a_role_has_its_own_name_as_role(read: Read) -> None:
    assert read(TYPE).design.roles == ("request", "ctl")


@pytest.mark.parametrize("at", ["k*k", "k/2", "n*k", "min(k, 3)", "5", "k - k"])
def test_an_index_that_is_not_linear_is_an_error(read: Read, at: str) -> None:
    assert codes(read(TYPE.replace("2*(k + 1) - k", at))) == ["VQ0402"]


def test_a_condition_of_a_family_cannot_read_its_index(read: Read) -> None:
    assert codes(read(TYPE.replace("{ role", "if k > 1 { role"))) == ["VQ0304"]


# Formulas


def test_tallies_count_queues_with_a_callback(read: Read) -> None:
    maps = MAPS.replace("q.index % lines", "rank(q) + callbacks + count(z where z.slow)")
    ordinal = rules(read(transport(maps=maps)))[0].target.ordinal
    callback = Var("q.callback", True)
    wanted = {
        Tally(callback, Var("q.index")),
        Tally(callback),
        Tally(Var("q.slow", True)),
    }
    assert set(ordinal.args) == wanted


@pytest.mark.parametrize(
    "inside", ["z.index < 3", "z.nth == 0", "z.hint.g > 0", "queues > 1", "q.slow", "z.x"]
)
def test_a_tally_cannot_read_what_differs_within_a_family(read: Read, inside: str) -> None:
    maps = MAPS.replace("q.index % lines", f"count(z where {inside})")
    code = "VQ0305" if inside == "z.x" else "VQ0309"
    assert codes(read(transport("hint g in 0..3", maps))) == [code]


def test_divisions_know_where_they_stand(read: Read) -> None:
    target = rules(read(transport()))[0].target
    assert target.ordinal.origin.text == "q.index % lines"


def test_an_expression_as_deep_as_the_parser_allows_is_read(read: Read) -> None:
    deep = "not " * 90 + "true"
    assert codes(read(f"assume {deep}\nassume {'-'.join(['1'] * 90)} < 0\n")) == []


def test_doubling_lets_end_in_one_error(read: Read) -> None:
    lets = "".join(f"let a{i + 1} = min(a{i}, 2*a{i})\n" for i in range(60))
    assert codes(read("param a0 in 1..2\n" + lets)) == ["VQ0310"]


def test_a_long_chain_of_lets_ends_in_one_error(read: Read) -> None:
    lets = "".join(f"let a{i + 1} = 3 * (a{i} + 1) % 7\n" for i in range(2000))
    assert codes(read("param a0 in 1..2\n" + lets)) == ["VQ0310"]


# Maps and policies


def test_without_requests_the_only_handler_gets_all_lines(read: Read) -> None:
    (request,) = read(transport()).design.transports[0].driver.attempts[0].requests
    assert isinstance(request, Request)
    assert (request.handler, text(request.lines.hi)) == ("handler", "lines - 1")


def test_a_map_that_says_nothing_sees_everything(read: Read) -> None:
    made = read(transport()).design.transports[0]
    assert made.driver.sees == ("*",)
    assert made.device.sees is None


def test_a_rule_may_map_to_no_line(read: Read) -> None:
    maps = MAPS.replace("config -> line 0", "config -> none")
    assert isinstance(rules(read(transport(maps=maps)))[1].target, ToNone)


def test_a_policy_is_read_for_each_transport_and_reported_once(read: Read) -> None:
    policy = "policy p { try a { lines 1;  queue q -> line wrong;  config -> line 0 } }\n"
    uses = "".join(
        transport(maps="use policy p  map in device { programmed }").replace("mmio", name)
        for name in ("t1", "t2", "t3")
    )
    assert codes(read(policy + uses)) == ["VQ0201"]


def test_an_attempt_cannot_read_how_many_lines_it_gets(read: Read) -> None:
    assert codes(read("policy p { try a { lines lines + 1 } }\n")) == ["VQ0304"]


def test_the_mistakes_of_a_policy_that_nobody_uses_are_found(read: Read) -> None:
    assert codes(read("policy p { try a { lines nothing } }\n")) == ["VQ0201"]


def test_attempts_are_compared_by_name(read: Read) -> None:
    policy = """policy p {
        try one { lines 2;  queue q -> line 0;  config -> line 0 }
        try two { lines 1;  queue q -> line 0;  config -> line 0 }
    }
    """
    text_ = policy + design(maps="use policy p  map in device { programmed }")
    assert codes(read(text_ + "assert w: disk.attempt == three\n")) == ["VQ0206"]
    claim = read(text_ + "assert w: disk.attempt == two and disk.mq\n").design.claims[0]
    assert text(claim.formula) == "disk.attempt == 1 and disk.feature.mq"


def test_modes_are_those_that_signals_and_wires_name(read: Read) -> None:
    items = "signal queue q in a { pulse line(q) }  signal queue q in b { pulse line(q) }"
    items += "  signal config { pulse line(config) }"
    loaded = read(design("mode b", items))
    assert loaded.design.transports[0].modes == ("a", "b")
    assert loaded.design.devices[0].mode == "b"
    assert codes(read(design("mode c", items))) == ["VQ0206"]


def test_two_signal_programs_of_one_mode_are_an_error(read: Read) -> None:
    items = "signal queue q { pulse line(q) }  signal queue q in b { pulse line(q) }"
    items += "  signal config { pulse line(config) }"
    assert codes(read(transport(items))) == ["VQ0404"]


@pytest.mark.parametrize(
    ("signals", "where", "hint"),
    [
        ("signal config { pulse line(config) }", "for queues", "signal queue q {"),
        ("signal queue q { pulse line(q) }", "for the configuration change", "signal config {"),
        (
            "signal queue q in a { pulse line(q) }  signal config in b { pulse line(config) }",
            "for queues in mode `b`",
            "signal queue q in b {",
        ),
    ],
    ids=["no queue", "no config", "a mode"],
)
def test_what_is_mapped_and_never_signalled_is_reported(
    read: Read, signals: str, where: str, hint: str
) -> None:
    found = read(design(items=signals)).diagnostics
    assert {d.code for d in found} == {"VQ0424"}
    assert found[0].headline.endswith(where)
    assert hint in found[0].hint


def test_of_a_transport_without_signals_only_the_maps_are_meant(read: Read) -> None:
    assert codes(read(design())) == []


def test_a_rule_for_a_family_is_a_condition(read: Read) -> None:
    maps = """
    map in driver { queue rq -> line 0;  queue q -> line 1;  config -> line 0 }
    map in device { programmed }
    """
    found = read(design(maps=maps)).diagnostics
    assert [d.code for d in found] == ["VQ0426", "VQ0411"]
    assert all("`queue q -> line 0 if q.family == rq`" in d.hint for d in found)


def test_a_design_without_devices_has_nothing_to_ask(read: Read) -> None:
    (found,) = read(TYPE + transport() + "check all\n").diagnostics
    assert (found.code, found.is_error) == ("VQ0427", False)
    assert codes(read(TYPE + transport() + "check layering\n")) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [("3", ["VQ0425"]), ("2", []), ("1..9", []), ("3 from pic", ["VQ0425"]), ("n", [])],
)
def test_more_lines_than_there_are_is_reported_where_it_is_certain(
    read: Read, lines: str, expected: list[str]
) -> None:
    machine = "param n in 1..9\nplatform p { controller pic : edge { lines 4..6 reserved 5 } }\n"
    text_ = machine + design(f"lines {lines}") + "assume n > 0\n"
    assert codes(read(text_)) == expected


# Programs


def test_a_register_gets_no_value(read: Read) -> None:
    (found,) = read(program("status = 0")).diagnostics
    assert (found.code, found.hint) == (
        "VQ0303",
        "write `clear status.USED`; a local needs another name",
    )


def test_a_register_is_read_first(read: Read) -> None:
    (found,) = read(program("s = status")).diagnostics
    assert found.code == "VQ0303"
    assert "`s = read status`" in found.hint


@pytest.mark.parametrize(
    ("kind", "index"),
    [("signal queue r", "line(r)"), ("signal config", "line(config)"), ("handler on line k", "k")],
)
def test_which_register_is_meant_depends_on_the_program(read: Read, kind: str, index: str) -> None:
    verb = "clear" if "handler" in kind else "set"
    found = [d for d in read(program(f"{verb} up.A", kind)).diagnostics if d.is_error]
    assert [(d.code, d.hint) for d in found] == [("VQ0307", f"say which: `up[{index}]`")]


def test_a_line_follows_no_register_of_a_queue(read: Read) -> None:
    # It was taken for one that nothing sets.
    found = [d for d in read("""
transport t {
    register st { U } per queue
    map in driver { queue q -> line q.index }
    map in device { programmed }
    signal queue q { set st[q].U }
    drive line l while st.U
    handler h on line l { for q on l { clear st[q].U  service q } }
}
""").diagnostics if d.is_error]  # fmt: skip
    assert [(d.code, d.headline) for d in found] == [
        ("VQ0307", "there is a register `st` for each queue, and a line has no queue")
    ]


def test_handlers_are_requested_one_by_one(read: Read) -> None:
    two = "handler a on line l { notify config }  handler b on line l { notify config }"
    (found,) = read(transport(handler=two)).diagnostics
    assert found.code == "VQ0409"
    assert "`request line 0 with a` and `request lines 1..lines-1 with b`" in found.hint


def test_a_device_is_no_guess_for_a_number(read: Read) -> None:
    (found,) = read(design().replace("at n + 1", "at one")).diagnostics
    assert (found.code, "disk" in found.hint) == ("VQ0201", False)


def test_facts_of_a_queue_have_the_name_of_its_variable(read: Read) -> None:
    handler = read(design()).design.transports[0].handlers[0]
    (loop,) = handler.body
    assert isinstance(loop, ForQueues)
    assert text(loop.where) == "a.role == 0"
    assert loop.body == (QueueAction("serve", loop.queue, loop.body[0].origin),)


def test_the_line_of_a_handler_is_a_number_called_l(read: Read) -> None:
    loaded = read(program("if x == 0 and masked x { notify config }"))
    (branch,) = loaded.design.transports[0].handlers[0].body
    assert isinstance(branch, If)
    assert text(branch.test) == "l == 0 and masked.x"


@pytest.mark.parametrize(
    ("statements", "code"),
    [
        ("s = read statis", "VQ0206"),
        ("s = read status  if s.USD { stop }", "VQ0206"),
        ("clear status s", "VQ0212"),
        ("clear status USED", "VQ0212"),
        ("s = 1  clear status s", "VQ0303"),
        ("s = read up", "VQ0307"),
        ("s = read status[x]", "VQ0307"),
        ("s = read up[x]  clear status s", "VQ0303"),
        ("s = read status  if s { stop }", "VQ0303"),
        ("drain q", "VQ0201"),
        ("drain x", "VQ0303"),
        ("for x in queues { }", "VQ0204"),
        ("for q in queues { for q on x { } }", "VQ0204"),
        ("if t == 1 { stop }  t = 1", "VQ0212"),
        ("t = 1  t = 1 < 2", "VQ0301"),
        ("set status.USED", "VQ0417"),
        ("raise x", "VQ0417"),
        ("mask y", "VQ0201"),
        ("if pending x { stop }", "VQ0303"),
        ("for device_ in queues where device_.nope { }", "VQ0305"),
        ("while 3 { }", "VQ0301"),
    ],
)
def test_a_mistake_in_a_handler_is_found(read: Read, statements: str, code: str) -> None:
    assert codes(read(program(statements))) == [code]


def test_a_choice_nested_deep_is_compared_quickly(read: Read) -> None:
    nested = "q.role"
    for _ in range(60):
        nested = f"(q.slow ? {nested} : request)"
    maps = MAPS.replace("line q.index % lines", f"line 0 if {nested} == request")
    assert codes(read(TYPE + transport(maps=maps))) == []


def test_blocks_nested_as_deep_as_the_parser_allows_are_read(read: Read) -> None:
    assert codes(read(program("if x > 1 { " * 60 + "notify config" + " }" * 60))) == []


@pytest.mark.parametrize("statement", ["drain q", "mask line(q)", "return handled", "service q"])
def test_a_signal_program_cannot_do_what_the_driver_does(read: Read, statement: str) -> None:
    kind = "signal config { pulse line(config) }  signal queue q"
    assert codes(read(program(statement, kind))) == ["VQ0417"]


def test_a_wire_reads_the_registers(read: Read) -> None:
    items = "register s { A }  register t { B } per line  drive line w while s.A or t.B and w > 0"
    (wire,) = read(transport(items)).design.transports[0].wires
    assert text(wire.test) == "reg.s.A or reg.t.B and 0 < l"


# Devices


def test_a_device_without_lines_gets_one_of_each_pool(read: Read) -> None:
    (device,) = read(design()).design.devices
    assert [(a.pool, a.range.lo, a.range.hi) for a in device.lines] == [("", Lit(1), Lit(1))]


def test_a_device_array_may_read_its_index(read: Read) -> None:
    loaded = read(TYPE + transport() + "device d[m in 1..4] : blk(m) on mmio\n")
    assert loaded.design.devices[0].args == (("n", Var("index.m")),)


def test_arguments_of_the_transport_are_called_arg(read: Read) -> None:
    text_ = TYPE + transport().replace("mmio", "mmio(w: 1..8)").replace("% lines", "% w")
    assert codes(read(text_ + "device d : blk(1) on mmio(9)\n")) == ["VQ0403"]
    loaded = read(text_ + "device d : blk(1) on mmio(8)\n")
    assert loaded.design.devices[0].args == (("n", Lit(1)), ("arg.w", Lit(8)))
    assert text(rules(loaded)[0].target.ordinal) == "q.index % arg.w"


def test_hints_of_a_device_replace_those_of_its_type(read: Read) -> None:
    hinted = TYPE.replace("role request", "role request  hint g = 0")
    loaded = read(
        hinted + transport("hint g in 0..3") + "device d : blk(1) on mmio {\n hint g(rq[j]) = j }"
    )
    family = loaded.design.devices[0].families[0]
    assert [(h.name, h.value) for h in family.hints] == [("g", Var("type.i"))]


def test_a_transport_has_the_services_of_its_queues(read: Read) -> None:
    service = "service napi(q) deferred { drain q }\n"
    loaded = read(design("service napi for rq", before=service))
    assert [s.name for s in loaded.design.transports[0].services] == ["napi"]
    assert [f.service for f in loaded.design.devices[0].families] == ["napi", "drain"]


def test_cpus_of_a_device_are_those_of_the_platform(read: Read) -> None:
    before = "platform p { cpus 8  controller c : edge { lines 0..9 } }\n"
    (device,) = read(design("lines cpus from c", before=before)).design.devices
    assert device.lines[0].range.hi == Lit(8)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("lines 2 of msix", "VQ0206"),
        ("lines 2 from c", "VQ0418"),
        ("lines 0-1", "VQ0403"),
        ("lines 3..2", "VQ0401"),
        ("numbers 1, 2, 1", "VQ0416"),
        ("numbers 0..4096", "VQ0416"),
        ("features mq, no mq", "VQ0404"),
        ("features qm", "VQ0206"),
        ("hint g(rq[i]) = 9", "VQ0403"),
        ("hint g(ctl[i]) = 1", "VQ0419"),
        ("hint h(rq[i]) = 1", "VQ0414"),
        ("service none_such", "VQ0205"),
        ("affinity line l -> cpu l < 3", "VQ0301"),
        ("affinity queue a -> cpu b.nth", "VQ0201"),
    ],
)
def test_a_mistake_in_a_device_is_found(read: Read, body: str, code: str) -> None:
    assert codes(read(design(body, "hint g in 0..3"))) == [code]


# Platforms, questions


def test_an_imported_platform_gets_its_arguments(tmp_path: Path, read: Read) -> None:
    (tmp_path / "machines.vq").write_text(
        "platform m(k: 1..8) { cpus 2*k  controller c : message { lines 0..k-1 } }\n"
    )
    platform = read("use machines\nplatform m(4)\ncheck coverage\n").design.platform
    assert platform.cpus == Lit(8)
    assert platform.controllers[0].lines[0].hi == Lit(3)


def test_messages_are_numbered_apart_from_wires(read: Read) -> None:
    platform = (
        "platform p {{ controller a : edge {{ lines 5..5 }} controller b : {} {{ lines 5..5 }} }}"
    )
    assert codes(read(platform.format("message"))) == []
    assert codes(read(platform.format("level"))) == ["VQ0407"]


def test_check_all_asks_for_every_property(read: Read, tmp_path: Path) -> None:
    assert len(read("let x = 1\ncheck all\n").design.asks) == 8
    path = tmp_path / "design.vq"
    design = load(path, properties={"b", "a"}).design
    assert design is not None
    assert [a.property for a in design.asks] == ["a", "b"]


def test_the_default_condition_is_true(read: Read) -> None:
    assert read(transport()).design.transports[0].driver.attempts[0].when == TRUE
