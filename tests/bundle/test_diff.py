"""`checker diff`: what is different, in the words of the design."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from tests.bundle.bundles import Files, edited, line_of, resealed, written


def _diff(old: Path | str, new: Path | str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    capsys.readouterr()
    code = main(["diff", str(old), str(new), "--format", "json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else said.err


@pytest.fixture
def there(lost: Files, tmp_path: Path) -> str:
    return written(lost, tmp_path / "there")


def test_the_same_is_not_different(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "results.json"
    alone.write_bytes(lost["results.json"])
    for other in (there, alone):
        assert main(["diff", there, str(other)]) == ExitCode.OK
        assert capsys.readouterr().out == "nothing is different\n"


def test_times_and_versions_are_not_compared(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def later(results: Any) -> None:
        results["started"] = "2027-01-01T00:00:00Z"
        results["tool"]["z3"] = "9"
        line_of(results, "coverage").update(seconds=7.5, rlimit=1)

    other = written(edited(lost, "results.json", later), tmp_path / "other")
    assert _diff(there, other, capsys)[0] == ExitCode.OK


def test_an_expectation_that_lets_a_failure_pass_is_worse(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # `verify` went from 1 to 0 with the loss as it was, and no gate said so.
    def failing(results: Any) -> None:
        line = line_of(results, "no_lost_notifications")
        line.update(expected="holds", as_expected=False)

    other = written(edited(lost, "results.json", failing), tmp_path / "other")
    (change,) = _diff(other, there, capsys)[1]["changes"]
    assert change["words"] == "the design expects holds -> violated"
    assert change["worse"]
    (back,) = _diff(there, other, capsys)[1]["changes"]
    assert back["worse"]  # It is not as expected any more.


def test_verdicts_and_properties(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def worse(results: Any) -> None:
        line_of(results, "no_lost_notifications")["property"] = "economy"
        line = line_of(results, "coverage")
        line.update(outcome="unknown", strength="", as_expected=False, reasons=["out of time"])

    other = written(edited(lost, "results.json", worse), tmp_path / "other")
    code, data = _diff(there, other, capsys)
    assert code == data["exit_code"] == 1
    said = {(c["kind"], c["about"]): c for c in data["changes"]}
    assert set(said) == {
        ("verdict", "coverage"), ("new", "economy"), ("gone", "no_lost_notifications")
    }  # fmt: skip
    verdict = said["verdict", "coverage"]
    assert verdict["words"] == "holds, proved (all values), certified -> unknown"
    assert verdict["more"] == ["why: out of time"]
    assert verdict["worse"]
    assert said["gone", "no_lost_notifications"]["worse"]
    back = {c["about"]: c["worse"] for c in _diff(other, there, capsys)[1]["changes"]}
    assert not back["coverage"]


def test_a_weaker_proof_is_worse(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def weaker(results: Any) -> None:
        line_of(results, "coverage")["strength"] = "proved (all values)"

    other = written(edited(lost, "results.json", weaker), tmp_path / "other")
    assert [c["worse"] for c in _diff(there, other, capsys)[1]["changes"]] == [True]
    assert [c["worse"] for c in _diff(other, there, capsys)[1]["changes"]] == [False]


def test_another_run(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shorter(results: Any) -> None:
        (v,) = line_of(results, "no_lost_notifications")["violations"]
        v["trace"]["steps"][4:] = v["trace"]["steps"][6:]
        v["statement"] = v["statement"].replace("7 steps", "5 steps")

    other = written(edited(lost, "results.json", shorter), tmp_path / "other")
    assert main(["diff", there, other]) == ExitCode.VIOLATED
    said = capsys.readouterr().out
    assert "no_lost_notifications: violated as before, in another way\n" in said
    assert (
        "was: req[0] has used entries that nobody will look at: every agent rests (after 7" in said
    )
    assert "    the runs are the same up to step 4; then\n" in said
    assert "    was:   5  device req[0]  publish req[0]  (req[0].unseen = 1)\n" in said
    assert "    is:    5  handler line 0  end of interrupt line 0\n" in said
    assert said.endswith("1 difference, 0 for the worse (exit code 1)\n")


def test_lines_of_a_text(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = json.loads(lost["bundle.json"])["design"]
    old = lost[name].decode().splitlines()
    new = [*old[:3], "# one line more", *old[3:-1], "check coverage"]
    files = edited(
        lost, "results.json",
        lambda r: r["designs"][0]["inputs"][0].update(digest="sha256:" + "1" * 64),
    )  # fmt: skip
    files = resealed({**files, name: ("\n".join(new) + "\n").encode()})
    (one,) = _diff(there, written(files, tmp_path / "other"), capsys)[1]["changes"]
    assert (one["kind"], one["about"]) == ("text", "the design")
    assert one["more"] == [
        "+    4  # one line more",
        f"- {len(old):>4}  {old[-1]}",
        f"+ {len(new):>4}  check coverage",
    ]
    alone = tmp_path / "results.json"
    alone.write_bytes(files["results.json"])
    (one,) = _diff(there, alone, capsys)[1]["changes"]
    assert (one["words"], one["more"]) == ("another text", [])


def test_two_designs(
    lost: Files, proved: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = written(proved, tmp_path / "other")
    kinds = {c["kind"] for c in _diff(there, other, capsys)[1]["changes"]}
    assert {"text", "verdict", "expected"} <= kinds


def test_what_is_damaged_is_not_compared(
    lost: Files, there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = written({**lost, "README.md": b"more"}, tmp_path / "other")
    code, said = _diff(there, other, capsys)
    assert code == ExitCode.SPEC
    assert said.endswith("README.md: its bytes are not those of SHA256SUMS\n")
    (tmp_path / "r.json").write_text('{"schema_version": 1}')
    assert _diff(tmp_path / "r.json", there, capsys)[0] == ExitCode.SPEC
    assert main(["diff", there, str(tmp_path / "none")]) == ExitCode.USAGE


def test_a_design_is_no_side_of_a_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "d.vq"
    path.write_text("param n in 1..2\n")
    assert main(["diff", str(path), str(path)]) == ExitCode.SPEC
    assert "Compare bundles, or what `verify --format json` wrote." in capsys.readouterr().err
