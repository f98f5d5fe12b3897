"""What comes of mutants: who kills them, what survives, the score, and how it is shown."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from checker.commands.main import main
from checker.diagnostics.diagnostic import Diagnostic
from checker.language.load import load
from checker.mutation.mutants import mutants
from checker.mutation.result import (
    Broken,
    Fate,
    Kill,
    Killed,
    Mutant,
    Mutation,
    Same,
    Stillborn,
    Survived,
    Tried,
    Undecided,
    diff_of,
    fate_name,
)
from checker.mutation.run import fate_of
from checker.mutation.side_by_side import Died, each
from checker.properties.property import properties
from checker.report.mutation_json import FATES, NotOne, as_data, from_text
from checker.report.mutation_text import text
from checker.report.page import Page, page
from checker.report.report import Line, Report
from checker.report.schema import schema
from checker.verdict.finding import Finding
from checker.verdict.verdict import (
    Bounded,
    Disagree,
    Failed,
    Holds,
    Proved,
    Skipped,
    Unknown,
    Vacuous,
    Verdict,
    Violated,
)
from checker.verify import verify
from tests.markdown import ROOT
from tests.report.runs import PROVENANCE, TEXT, run_of
from tests.report.test_page import Html
from tests.report.test_schemas import closed

STATUS_PER_LINE = "specs/mmio_multi_irq/status_per_line.vq"
HOLDS = Holds(Proved("all values"), "w", ())
BOUNDED = Holds(Bounded(3, 2, 1, ("why",)), "w", ())
VIOLATED = Violated((Finding("lost", "q is lost", (), ()),))


# End to end


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Acknowledgements and orders in the design with a status for each line."""
    to = tmp_path_factory.mktemp("mutate") / "result.json"
    command = ["mutate", STATUS_PER_LINE, "-p", "no_lost_notifications", "--format", "json"]
    only = ["--operator", "drop-ack", "--operator", "swap-statements", "--with-library"]
    old = Path.cwd()
    os.chdir(ROOT)
    try:
        assert main([*command, *only, "-o", str(to)]) == 0
    finally:
        os.chdir(old)
    data: dict[str, Any] = json.loads(to.read_text())
    return data


def test_the_wrong_order_is_killed_and_the_harmless_one_is_not(run: dict[str, Any]) -> None:
    text = (ROOT / run["mutants"][0]["path"]).read_text()
    found = [(text[m["start"] : m["end"]].strip(), m["new"], m["fate"]) for m in run["mutants"]]
    ack = "clear status[l] s  # before anything is served: what is used from now on raises again"
    read, config = "s = read status[l]", "if s.CONFIG { notify config }"
    serve = "if s.VRING { for q on l { service q } }"
    bits = "set status[line(q)].VRING", "set status[line(config)].CONFIG"
    comment = ack.removeprefix("clear status[l] s")
    assert [(new, fate) for _, new, fate in found] == [
        (f"raise line(q); {bits[0]}", "killed"),
        (f"raise line(config); {bits[1]}", "killed"),
        (f"clear status[l] s\n        {read}", "stillborn"),
        # An edge for each buffer, whatever the status was: a bit that stays set costs nothing.
        ("", "survived"),
        (f"{config}{comment}\n        clear status[l] s", "killed"),
        (f"{serve}\n        {config}", "survived"),
    ]
    assert found[3][0] == ack
    assert {k["property"] for m in run["mutants"] for k in m.get("killed_by", ())} == {
        "no_lost_notifications"
    }


def test_a_dropped_acknowledgement_of_a_level_is_killed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    command = ["mutate", "specs/handlers/acknowledge_then_all_level.vq", "--operator", "drop-ack"]
    assert main([*command, "--with-library", "--at-least", "100", "-v"]) == 0
    said = capsys.readouterr().out
    assert "score: 1 of 1 mutant killed, 100%" in said
    assert "no_lost_notifications violated: " in said


def test_the_result_satisfies_its_schema(run: dict[str, Any]) -> None:
    Draft202012Validator(closed(schema(of="mutation")), format_checker=FormatChecker()).validate(
        run
    )
    assert run["options"]["operator"] == ["drop-ack", "swap-statements"]
    assert run["inputs"][0]["path"] == STATUS_PER_LINE


def test_a_second_run_says_the_same(
    run: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    command = ["mutate", STATUS_PER_LINE, "-p", "layering", "--limit", "3", "--format", "json",
               "--with-library"]  # fmt: skip
    found = []
    for jobs in ("1", "3"):
        assert main([*command, "--jobs", jobs]) == 0
        found.append(json.loads(capsys.readouterr().out)["mutants"])
    assert found[0] == found[1]
    verified = [m for m in found[0] if m["fate"] not in ("stillborn", "same")]
    assert 1 <= len(verified) <= 3


@pytest.fixture
def design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "nic.vq"
    path.write_text(TEXT + "check coverage\n")
    return path


def test_the_score_decides_only_if_it_is_asked(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["mutate", design.name, "--operator", "off-by-one"]
    assert main([*command, "-q"]) == 0
    assert capsys.readouterr().out.startswith("score: ")
    assert main([*command, "--at-least", "100"]) == 1
    said = capsys.readouterr().out
    assert "survived: nic.vq:" in said
    assert "    +" in said
    assert main([*command, "--at-least", "10"]) == 0
    assert design.read_text() == TEXT + "check coverage\n"


def test_what_is_undecided_is_not_killed(design: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The budget is enough for the design, and not for anything else."""

    def slow(path: Path, options: Any) -> Report:
        if not options.overlay:
            return verify(path, options)
        return Report("nic.vq", "", (), (line("coverage", Unknown(("timed out after 1 s",))),))

    with pytest.MonkeyPatch.context() as m:
        m.setattr("checker.mutation.run.verify", slow)
        assert main(["mutate", design.name, "--at-least", "1"]) == 4
    said = capsys.readouterr().out
    assert "  coverage: timed out after 1 s" in said
    assert "score: 0 of " in said


def test_an_engine_that_breaks_off_ends_with_its_own_code(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:

    def breaks(path: Path, options: Any) -> Report:
        if not options.overlay:
            return verify(path, options)
        raise ZeroDivisionError("of our own")

    with pytest.MonkeyPatch.context() as m:
        m.setattr("checker.mutation.run.verify", breaks)
        assert main(["mutate", design.name, "--limit", "1"]) == 70
    assert "ZeroDivisionError: of our own" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("device eth1 : nic(4) on mmoi { lines 1 }\n", 3, "VQ0205"),
        ("check assertions\nassert never: eth0.lines < 1\n", 5, "no property holds"),
    ],
)
def test_a_design_that_cannot_be_compared_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: str, code: int, words: str
) -> None:
    path = tmp_path / "nic.vq"
    path.write_text(TEXT + more)
    assert main(["mutate", str(path)]) == code
    assert words in capsys.readouterr().out


def test_nothing_to_change_is_nothing_checked(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mutate", design.name, "--operator", "drop-fence"]) == 5
    assert "there is nothing to change" in capsys.readouterr().out


def test_an_operator_that_is_not_there_is_guessed(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mutate", design.name, "--operator", "drop-fense"]) == 2
    assert "Did you mean `drop-fence`?" in capsys.readouterr().err
    assert main(["mutate", design.name, "--operator", "list"]) == 0
    assert "drop-fence" in capsys.readouterr().out


# What comes of a mutant


def line(name: str, verdict: Verdict) -> Line:
    return Line(name, "", verdict, "holds", False, 0.0)


WRONG = Report("d", "", (Diagnostic("VQ0201", "there is no `s`", path="d"),), ())


@pytest.mark.parametrize(
    ("now", "fate"),
    [
        ({"a": HOLDS, "b": HOLDS, "c": VIOLATED}, Survived()),
        ({"a": HOLDS, "b": HOLDS, "c": HOLDS}, Survived(("c",))),
        ({"a": BOUNDED, "b": HOLDS, "c": VIOLATED}, Survived((), ("a",))),
        ({"a": VIOLATED, "b": HOLDS, "c": VIOLATED}, Killed((Kill("a", "violated", "q is lost"),))),
        ({"a": HOLDS, "b": Vacuous("no q"), "c": HOLDS}, Killed((Kill("b", "vacuous", "no q"),))),
        ({"a": VIOLATED, "b": Unknown(("time",)), "c": HOLDS},
         Killed((Kill("a", "violated", "q is lost"),))),
        ({"a": Unknown(("time",)), "b": HOLDS, "c": HOLDS}, Undecided(("a: time",))),
        ({"a": Skipped("none"), "b": HOLDS, "c": HOLDS}, Undecided(("a: skipped",))),
        ({"b": HOLDS, "c": HOLDS}, Undecided(("a: no verdict",))),
        ({"a": HOLDS, "b": HOLDS, "c": Unknown(("time",))}, Survived()),
        ({"a": VIOLATED, "b": HOLDS, "c": Disagree("x", "y")}, Broken("disagree", "c: x; y")),
        ({"a": VIOLATED, "b": Failed("b of d", "E", "tb")}, Broken("error", "b of d: E\ntb")),
    ],
)  # fmt: skip
def test_what_comes_of_a_mutant(now: dict[str, Verdict], fate: Fate) -> None:
    report = Report("d", "", (), tuple(line(n, v) for n, v in now.items()))
    assert fate_of({"a": "holds", "b": "holds", "c": "violated"}, report) == fate


def test_a_text_with_an_error_is_stillborn() -> None:
    assert fate_of({"a": "holds"}, WRONG) == Stillborn("VQ0201 there is no `s`")


# The score, and how it is shown

EVERY: tuple[Fate, ...] = (
    Killed((Kill("a", "violated", "q is lost"), Kill("b", "vacuous", "no q"))),
    Killed((Kill("b", "violated", "q is <lost>"),)),
    Survived(("c",), ("a",)),
    Undecided(("a: timed out after 20 s",)),
    Broken("error", "a of d: E\nTraceback"),
    Stillborn("VQ0201 there is no `s`"),
    Same(),
)
OLD = "one\ntwo <b>\nthree\nfour\nfive\nsix\n"


def mutation(some: tuple[Fate, ...] = EVERY) -> Mutation:
    tried = tuple(
        Tried(
            Mutant(k, ("drop-ack", "negate")[k % 2], "d.vq", 2, 4, 11, "x",
                   diff_of("d.vq", OLD, OLD.replace("two <b>", "x"))),
            fate,
        )
        for k, fate in enumerate(some, 1)
    )  # fmt: skip
    original = (("a", "holds"), ("b", "holds"), ("c", "violated"))
    operators = (("drop-ack", "an acknowledgement is forgotten"), ("negate", "turned round"))
    return Mutation("d.vq", (("d.vq", "0" * 64),), original, 9, tried, operators)


def test_the_score_counts_what_could_have_been_run() -> None:
    m = mutation()
    assert (m.killed, m.counted, m.percent, m.best) == (2, 5, 40.0, 60.0)
    assert m.kills() == [("a", 1, 0), ("b", 2, 1)]
    assert mutation((Same(),)).percent == 0.0
    assert (
        sum(r.made for r in m.rows())
        == len(m.tried)
        == sum(r.count(f) for r in m.rows() for f in FATES)
    )


def test_all_that_was_not_killed_is_told() -> None:
    said = text(mutation())
    assert "d.vq: 7 of 9 mutants tried; what holds: a, b" in said
    assert "does not hold without a change, and so cannot notice one: c (violated)" in said
    for words in ("survived: d.vq:2: ", "undecided: d.vq:2: ", "broken: d.vq:2: ", "holds now: c"):
        assert words in said
    assert "searched, not proved: a" in said
    assert "    -two <b>\n    +x\n" in said
    assert said.endswith("score: 2 of 5 mutants killed, 40% (1 survived, 1 undecided, 1 broken)")
    assert "killed: d.vq:2: " in text(mutation(), verbose=True)


def test_json_comes_back_the_same() -> None:
    data = as_data(mutation(), PROVENANCE, 0)
    data["command"] = "mutate"
    Draft202012Validator(closed(schema(of="mutation")), format_checker=FormatChecker()).validate(
        json.loads(json.dumps(data))
    )
    assert from_text(json.dumps(data)) == mutation()


@pytest.mark.parametrize(
    "words",
    ["", "[]", "{}", '{"command": "verify"}', '{"command": "mutate", "schema_version": 2}',
     '{"command": "mutate", "schema_version": 1}'],
)  # fmt: skip
def test_what_is_no_result_is_refused(words: str) -> None:
    with pytest.raises(NotOne):
        from_text(words)


def test_the_page_has_the_score_and_all_that_was_not_killed() -> None:
    report = Report("d.vq", "", (), (line("a", HOLDS),))
    made = page(Page(run_of(report), report, (), {"d.vq": OLD}, (), mutation()))
    html = Html(made)
    assert html.open == []
    assert all(link.removeprefix("#") in html.ids for link in html.links)
    assert "2 of 5 mutants killed, 40%" in html.words
    assert html.words.count("two <b>") == 4  # Thrice in a diff, once in the text.
    assert "What no property noticed (1)" in html.words
    plain = Html(page(Page(run_of(report), report, (), {"d.vq": OLD})))
    assert "mutants" not in plain.words


def test_a_report_takes_the_result_of_its_own_design_only(
    design: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    only = ["--operator", "off-by-one", "--limit", "2"]
    assert main(["mutate", design.name, *only, "--format", "json", "-o", "m.json"]) == 0
    assert main(["report", design.name, "-o", "out", "--mutation", "m.json"]) == 0
    assert "What small changes would be noticed" in Path("out/index.html").read_text()
    design.write_text(design.read_text() + "# changed\n")
    assert main(["report", design.name, "-o", "out", "--mutation", "m.json"]) == 2
    assert "other texts" in capsys.readouterr().err
    assert main(["report", design.name, "-o", "out", "--mutation", design.name]) == 2


# Side by side


def test_results_are_those_of_their_items_whoever_is_first() -> None:
    def work(n: int) -> int:
        if n == 2:
            raise ValueError("two")
        if n == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return n * n

    done: list[int] = []
    found = dict(each([0, 1, 2, 3, 4], work, 2, done.append))
    assert [found[k] for k in (0, 1, 4)] == [0, 1, 16]
    assert isinstance(found[2], Died)
    assert "ValueError: two" in found[2].why
    assert found[3] == Died("its process died of SIGKILL")
    assert done[-1] == 5


def test_what_is_left_over_is_stopped(tmp_path: Path) -> None:
    def work(n: int) -> int:
        if n == 0:
            return n
        (tmp_path / "pid").write_text(str(os.getpid()))
        signal.pause()
        return n

    running = each([0, 1], work, 2, lambda done: None)
    assert next(running) == (0, 0)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        pass
    running.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_every_fate_has_its_name() -> None:
    assert {fate_name(f) for f in EVERY} == set(FATES)


def test_library_modules_are_changed_only_if_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    command = ["mutate", "specs/handlers/acknowledge_then_all_level.vq", "--operator", "drop-ack"]
    assert main(command) == 5
    assert "nothing to change in its own files; with --with-library" in capsys.readouterr().out
    command = ["mutate", "specs/pci/ladder.vq", "-p", "layering", "--format", "json"]
    assert main([*command, "--limit", "1"]) == 0
    own = json.loads(capsys.readouterr().out)
    assert main([*command, "--limit", "1", "--with-library"]) == 0
    every = json.loads(capsys.readouterr().out)
    assert every["left_out"] == 0 < own["left_out"]
    assert own["made"] + own["left_out"] == every["made"]
    assert {m["path"] for m in own["mutants"]} == {"specs/pci/ladder.vq"}


def test_own_mutants_have_the_same_numbers_beside_those_of_the_library() -> None:
    path = ROOT / "specs/pci/ladder.vq"
    design = load(path, {}, properties()).design
    assert design is not None
    inside = [m.in_library for m in mutants(path, design)]
    assert inside == sorted(inside)
    assert set(inside) == {False, True}


def test_what_is_left_out_is_said() -> None:
    some = Mutation("d.vq", (), (("coverage", "holds"),), 0, (), (), 7)
    assert "  of its own files; with --with-library 7 more changes, of library" in text(some)
    data = {**as_data(some, PROVENANCE, 0), "command": "mutate"}
    assert from_text(json.dumps(data)) == some
