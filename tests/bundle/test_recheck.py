"""`checker recheck`: what stands, and that the file is named which does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.bundle import recheck as module
from checker.bundle.contents import invariant_files
from checker.bundle.make import Frame, Made
from checker.bundle.recheck import Checked, Wrong, recheck
from checker.commands.bundle import finish
from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from checker.verdict.certificate import Check
from tests.bundle.bundles import Files, edited, line_of, resealed, scripts, with_script, written

INDUCTIVE = "every step keeps the invariant"


def _checked(files: Files) -> Checked:
    return recheck(files, Frame(finish))


def _named(files: Files) -> dict[str, str]:
    """The files that are wrong, each with the first reason."""
    return {w.file: w.why for w in reversed(_checked(files).wrong)}


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without making it anew: what the other checks find by themselves."""

    def none(*args: object) -> list[Wrong]:
        return []

    monkeypatch.setattr(module, "_anew", none)


def test_what_is_as_it_was_made_stands(
    lost: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recheck", written(lost, tmp_path / "b")]) == ExitCode.OK
    said = capsys.readouterr().out
    count = sum(n.endswith(".smt2") for n in lost)
    assert f"proofs: {count} of {count} scripts without a model, says z3 " in said
    assert f"proofs: {count} of {count} scripts without a model, says cvc5 " in said
    assert f"made anew: {len(lost) - 1} of {len(lost) - 1} files are the same" in said
    assert said.endswith("all of it stands (exit code 0)\n")


def test_a_changed_byte(lost: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "traces/no_lost_notifications-1.svg"
    folder = written({**lost, name: lost[name][:-1] + b" "}, tmp_path / "b")
    assert main(["recheck", folder, "--format", "json"]) == ExitCode.SPEC
    data = json.loads(capsys.readouterr().out)
    assert [(f["file"], f["kind"]) for f in data["failed"]] == [(name, "damaged")]
    assert data["exit_code"] == 3
    assert main(["recheck", str(tmp_path)]) == ExitCode.SPEC
    assert "FAILED  SHA256SUMS: it has no SHA256SUMS" in capsys.readouterr().out


# What somebody changed who made the manifest anew


def test_an_invariant_that_is_weakened(proved: Files, cheap: None) -> None:
    name = "invariants/001.txt"
    text = proved[name].decode()
    weaker = text.replace("  - the queue.notifications enabled or", "  - its line.pending or", 1)
    assert weaker != text
    assert set(_named(resealed({**proved, name: weaker.encode()}))) == {name}


def _weakened(files: Files) -> tuple[Files, str]:
    """Weaker by one condition in all three scripts, with every digest and text made to fit."""
    found: dict[str, str] = {}
    for ends in ("the start implies the invariant", INDUCTIVE, "excludes what is bad"):
        (name,) = scripts(files, ends)
        found[ends] = name
        text = files[name].decode()
        clause = r"\(or (\|the queue\.notifications enabled\|\s+\(= handler\.at 4\))"
        weaker = re.sub(clause, r"(or true \1", text, count=1)
        assert weaker != text
        files = with_script(files, name, weaker)
    about = invariant_files({n: files[n].decode() for n in sorted(files) if n.endswith(".smt2")})
    return resealed({**files, **{n: t.encode() for n, t in about.items()}}), found[INDUCTIVE]


def test_an_invariant_that_is_weakened_wherever_it_stands(proved: Files, cheap: None) -> None:
    files, name = _weakened(proved)
    found = _checked(files)
    assert {w.file for w in found.wrong} == {name}, found.wrong
    assert {w.why.split(" says")[0].split()[0] for w in found.wrong} == {"z3", "cvc5"}
    assert all(w.why.endswith("says: sat") for w in found.wrong)
    assert not any(w.is_input or w.is_open for w in found.wrong)


def test_a_script_that_is_edited(lost: Files, cheap: None) -> None:
    name = next(n for n in sorted(lost) if n.endswith(".smt2"))
    said = _named(resealed({**lost, name: lost[name].replace(b"(check-sat)", b"(check-sat) ")}))
    assert name in said
    assert "rests on a script that is not there" in said[name] or "no proof rests" in said[name]


def test_a_script_that_proves_something_else(
    lost: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a model, and all digests fit: only what the texts come to tells."""
    name = next(n for n in sorted(lost) if n.endswith(".smt2"))
    text = lost[name].decode().split("(declare", 1)[0] + "(assert false)\n(check-sat)\n"
    files = with_script(lost, name, text)
    assert main(["recheck", written(files, tmp_path / "b")]) == ExitCode.DISAGREE
    said = capsys.readouterr().out
    assert f"FAILED  {name}: it is not what this version makes of the texts" in said
    assert "FAILED  results.json: it is not what this version makes" in said


def _held(results: Any) -> None:
    """The violated property holds, by the evidence of another one; all counts fit."""
    mine, other = (line_of(results, n) for n in ("no_lost_notifications", "coverage"))
    for key in ("violations", "undecided"):
        mine.pop(key)
    keep = {k: mine[k] for k in ("property", "asks", "asked_at", "expected_is_stated")}
    mine.update({**other, **keep, "expected": "holds"})
    results["completeness"]["outcomes"] = {"holds": 2}


def test_a_result_that_is_flipped(lost: Files, cheap: None) -> None:
    files = edited(lost, "results.json", _held)
    assert "no_lost_notifications rests on other scripts" in _named(files)["proofs/index.json"]
    said = _named(edited(lost, "results.json", lambda r: _outcome(r, "holds")))
    assert "results.json" in said


def test_the_list_of_verdicts_is_that_of_the_results(lost: Files, cheap: None) -> None:
    rows = lost["verdicts.tsv"].replace(b"violated\treplayed", b"holds\tproved (all values)")
    assert rows != lost["verdicts.tsv"]
    assert "verdicts.tsv" in _named(resealed({**lost, "verdicts.tsv": rows}))


def _outcome(results: Any, outcome: str) -> None:
    line_of(results, "no_lost_notifications")["outcome"] = outcome


def test_a_result_that_is_flipped_with_all_that_goes_with_it(lost: Files) -> None:
    files = {n: d for n, d in lost.items() if not n.startswith(("traces/", "fuzz"))}
    files = edited(resealed(files), "results.json", _held)

    def listed(index: Any) -> None:
        (one,) = index["proofs"]
        index["proofs"].append({**one, "property": "no_lost_notifications"})

    files = edited(files, "proofs/index.json", listed)
    rows = files["proofs/index.tsv"] + files["proofs/index.tsv"].replace(
        b"coverage", b"no_lost_notifications"
    )
    said = files["verdicts.tsv"].replace(b"violated\treplayed", b"holds\tproved (all values)")
    files = resealed({**files, "proofs/index.tsv": rows, "verdicts.tsv": said})
    # Of another version, so that no file is compared: the verdict itself has to come out.
    files = edited(files, "bundle.json", lambda a: a.update(generator="sha256:another"))
    found = _checked(files)
    assert [w.file for w in found.wrong] == ["results.json"], found.wrong
    assert "no_lost_notifications: it says holds, proved (all values)" in found.wrong[0].why
    assert "made anew it is violated, replayed" in found.wrong[0].why
    assert any("not compared with what this version generates" in w for w in found.not_done)


def test_a_run_that_does_not_happen(lost: Files, cheap: None) -> None:
    name = "traces/no_lost_notifications-1.json"

    def change(trace: Any) -> None:
        trace["steps"][3]["changes"] = {}

    assert set(_named(edited(lost, name, change))) == {name}
    both = edited(
        edited(lost, name, change), "results.json",
        lambda r: change(line_of(r, "no_lost_notifications")["violations"][0]["trace"]),
    )  # fmt: skip
    said = _named(both)
    assert set(said) == {name}
    assert said[name].startswith("the run does not happen: step 4")


def test_a_text_that_is_edited(proved: Files, cheap: None) -> None:
    name = json.loads(proved["bundle.json"])["design"]
    assert set(_named(resealed({**proved, name: proved[name] + b"# more\n"}))) >= {name}


def _claims_more(a: Any) -> None:
    a["given"] = ["results.json"]


def _elsewhere(a: Any) -> None:
    a["design"] = "../../etc/passwd"


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("bundle.json", _claims_more, ExitCode.SPEC),
        ("bundle.json", _elsewhere, ExitCode.DISAGREE),
        ("bundle.json", lambda a: a.pop("asked"), ExitCode.SPEC),
        ("bundle.json", lambda a: a.update(generator=1), ExitCode.SPEC),
        ("proofs/index.json", lambda i: i["proofs"][0].pop("queries"), ExitCode.SPEC),
        ("results.json", lambda r: r.pop("exit_code"), ExitCode.SPEC),
        ("results.json", lambda r: r["completeness"].update(judged=9), ExitCode.DISAGREE),
        ("results.json", lambda r: r.update(exit_code=1), ExitCode.DISAGREE),
        ("fuzz.json", lambda r: r["designs"][0].update(digest="sha256:" + "0" * 64), 6),
    ],
)
def test_what_is_not_of_the_form(
    name: str, change: Callable[[Any], None], code: int, lost: Files, cheap: None, tmp_path: Path
) -> None:
    files = edited(lost, name, change)
    assert main(["recheck", written(files, tmp_path / "b")]) == code
    assert name in _named(files)


def test_other_files_are_not_read_past(lost: Files, cheap: None) -> None:
    assert set(_named(resealed({**lost, "proofs/index.json": b"{"}))) == {"proofs/index.json"}
    assert set(_named(resealed({**lost, "README.md": b"\xff"}))) == {"README.md"}
    more = {"inputs/lib/more.vq": b"# nobody uses it\n", "traces/other-1.json": b"{}"}
    assert "traces/other-1.json" in _named(resealed({**lost, **more}))
    assert "inputs/lib/more.vq" in _named(resealed({**lost, "inputs/lib/more.vq": b"# no\n"}))
    gone = {n: d for n, d in lost.items() if n != "recheck.sh"}
    assert set(_named(resealed(gone))) == {"recheck.sh"}


def test_what_only_a_comparison_finds(lost: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, a picture, the script: nothing else looks into them."""

    def as_made(*args: object) -> Made:
        return Made(lost, run=None, missing=())  # type: ignore[arg-type]

    monkeypatch.setattr(module, "make", as_made)
    monkeypatch.setattr(module, "_solved", lambda *args: [])
    for name in sorted(lost):
        if name.endswith((".svg", ".html", ".sh", ".cpc", ".md", ".txt", "sbom.json")):
            changed = resealed({**lost, name: lost[name] + b"\n"})
            assert set(_named(changed)) == {name}


def test_where_another_solver_is_missing_the_rest_is_compared(
    lost: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "solvers", lambda: ("z3",))
    found = _checked(lost)
    assert not found.wrong
    solver, rest = found.not_done
    assert solver == "cvc5 is not installed: the scripts were put to a fresh Z3 only"
    assert rest.startswith(
        "sbom.json, bundle.json, README.md, report.html, runs by chance and cvc5"
    )
    assert rest.endswith(" are not compared: they depend on versions of packages")
    assert found.done[-1].startswith("made anew: ")
    script = resealed({**lost, "recheck.sh": lost["recheck.sh"] + b"# more\n"})
    assert set(_named(script)) == {"recheck.sh"}


def test_no_answer_is_neither(
    lost: Files, tmp_path: Path, cheap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(queries: Any, names: Any, seconds: float) -> tuple[Any, ...]:
        return tuple(
            Check(q, "z3 5", "unknown: timeout" if k == 0 else "unsat")
            for k, q in enumerate(queries)
        )

    monkeypatch.setattr(module, "ask_all", silent)
    assert main(["recheck", written(lost, tmp_path / "b")]) == ExitCode.INCONCLUSIVE


def _of_another_python(files: Files) -> dict[str, bytes]:
    """Made with another Python, as far as it says."""
    out = dict(files)
    for name in ("bundle.json", "results.json"):
        there = json.loads(out[name])["tool"]["python"]
        out[name] = out[name].replace(f'"{there}"'.encode(), b'"3.11.99"')
        out["README.md"] = out["README.md"].replace(there.encode(), b"3.11.99")
        out["report.html"] = out["report.html"].replace(there.encode(), b"3.11.99")
    return out


@pytest.mark.parametrize("name", ["README.md", "report.html"])
def test_a_version_that_is_another_one_hides_no_change(lost: Files, name: str) -> None:
    other = _of_another_python(lost)
    found = _checked(resealed(other))
    assert not found.wrong
    assert any("sbom.json" in words for words in found.not_done)
    edited = resealed({**other, name: other[name].replace(b"violated", b"holds", 1)})
    assert set(_named(edited)) == {name}


def test_versions_are_those_of_the_results(lost: Files) -> None:
    other = _of_another_python(lost)
    assert set(_named(resealed({**lost, "bundle.json": other["bundle.json"]}))) == {"bundle.json"}
