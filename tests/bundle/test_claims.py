"""`checker diff`: a design that claims less is worse, whatever its verdicts are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from tests.report.runs import TEXT

DESIGN = TEXT.replace("nic(4)", "nic(pairs)") + "check coverage\n"
OLD = "param pairs in 1..32\nparam cards in 0..pairs\n"


def _result(folder: Path, name: str, head: str, *words: str) -> str:
    design, to = folder / "nic.vq", folder / f"{name}.json"
    design.write_text(head + DESIGN)
    assert main(["verify", str(design), "--format", "json", "-o", str(to), *words]) == ExitCode.OK
    return str(to)


def _said(
    folder: Path, capsys: pytest.CaptureFixture[str], new: str, *words: str, old: str = OLD
) -> tuple[int, list[str]]:
    """What `--fail-on worse` ends with, and all that is said besides the text."""
    sides = [_result(folder, "old", old), _result(folder, "new", new, *words)]
    capsys.readouterr()
    code = main(["diff", *sides, "--fail-on", "worse"])
    return code, [x for x in capsys.readouterr().out.splitlines() if x and "another text" not in x]


def test_fewer_values_and_a_new_assumption_are_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = "param pairs in 2..16\nparam cards in 0..pairs\nassume pairs % 2 == 0\n"
    assert _said(tmp_path, capsys, new) == (
        ExitCode.VIOLATED,
        [
            "param pairs: 1..32 -> 2..16; verdicts are about fewer values  (worse)",
            "assumption: new: `assume pairs % 2 == 0`; all verdicts rest on it  (worse)",
            "3 differences, 2 for the worse (exit code 1)",
        ],
    )


def test_the_other_way_round_nothing_is_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = "param pairs in 2..16\nparam cards in 0..pairs\nassume pairs % 2 == 0\n"
    code, said = _said(tmp_path, capsys, OLD, old=old)
    assert code == ExitCode.OK
    assert said == [
        "param pairs: 2..16 -> 1..32",
        "assumption: no longer made: `assume pairs % 2 == 0`",
        "3 differences, 0 for the worse (exit code 0)",
    ]
    assert main(["diff", *(str(tmp_path / f"{n}.json") for n in ("old", "new"))]) == 1


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("param pairs in 1..33\nparam cards in 0..pairs\n", ""),
        (
            "param pairs in 2..64\nparam cards in 0..pairs\n",
            "param pairs: 1..32 -> 2..64; verdicts are about fewer values  (worse)",
        ),
        (
            "param pairs in 1..32\nparam cards in 0..pairs + 1\n",
            "param cards: 0..pairs -> 0..pairs + 1; verdicts may be about fewer values  (worse)",
        ),
        (
            "param pairs in 1..32\nparam cards in 1..pairs\n",
            "param cards: 0..pairs -> 1..pairs; verdicts are about fewer values  (worse)",
        ),
        (
            "param pairs in 1..32\n",
            (
                "param cards: no longer there, it was 0..pairs; verdicts are not about all its"
                " values  (worse)"
            ),
        ),
        ("param pairs in 1..0x20\nparam cards in 0 .. pairs  # as before\n", ""),
        ("param pairs in 1..32\nparam cards in 0..pairs\nparam more in 1..2\n", ""),
    ],
)
def test_a_range(new: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, every = _said(tmp_path, capsys, new)
    assert [x for x in every if x.endswith("(worse)")] == ([said] if said else [])
    assert code == (ExitCode.VIOLATED if said else ExitCode.OK)


def test_a_parameter_that_is_fixed_is_worse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _said(tmp_path, capsys, OLD, "--param", "pairs=3")
    assert code == ExitCode.VIOLATED
    fixed = "parameters that are fixed: none -> pairs = 3; verdicts are about fewer values  (worse)"
    assert fixed in said
    back = [str(tmp_path / f"{n}.json") for n in ("new", "old")]
    assert main(["diff", *back, "--fail-on", "worse"]) == ExitCode.OK


def test_results_that_do_not_tell_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As versions before have written them."""
    new = _result(tmp_path, "new", "param pairs in 2..16\nassume pairs > 2\n")
    data = json.loads(Path(_result(tmp_path, "old", OLD + "assume pairs > 1\n")).read_text())
    del data["designs"][0]["parameters"], data["designs"][0]["assumptions"][0]["text"]
    (tmp_path / "old.json").write_text(json.dumps(data))
    capsys.readouterr()
    assert main(["diff", str(tmp_path / "old.json"), new, "--fail-on", "worse"]) == ExitCode.OK
    assert "1 difference, 0 for the worse" in capsys.readouterr().out
