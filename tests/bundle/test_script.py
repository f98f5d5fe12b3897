"""`recheck.sh`: with a shell, sha256sum and a solver, and nothing of vqcheck."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from checker.engines import smt_child
from tests.bundle.bundles import Files, resealed, scripts, with_script, written

NEEDED = "sh sha256sum find sed sort grep head wc tr cut uniq dirname cat rm".split()


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tools that the script may use, and cvc5."""
    folder = tmp_path_factory.mktemp("bin")
    for name in NEEDED:
        found = shutil.which(name)
        assert found, f"{name} is not on this machine"
        (folder / name).symlink_to(found)
    cvc5 = folder / "cvc5"
    if found := shutil.which("cvc5"):
        cvc5.symlink_to(found)
    else:  # The same solver as a package of Python has no command.
        child = Path(smt_child.__file__)
        ask = f"import runpy, sys; m = runpy.run_path({str(child)!r}, run_name='child')"
        say = "print(m['with_cvc5'](open(sys.argv[1]).read(), 60000))"
        cvc5.write_text(f'#!/bin/sh\nexec {sys.executable} -I -c "{ask}; {say}" "$1"\n')
        cvc5.chmod(0o755)
    return folder


def _run(files: Files, tmp_path: Path, tools: Path, *words: str) -> tuple[int, str]:
    folder = tmp_path / "a bundle"
    shutil.rmtree(folder, ignore_errors=True)
    written(files, folder)
    command = [str(tools / "sh"), str(folder / "recheck.sh"), *words]
    done = subprocess.run(
        command, env={"PATH": str(tools)}, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_all_proofs_stand(proved: Files, lost: Files, tools: Path, tmp_path: Path) -> None:
    code, said = _run(proved, tmp_path, tools)
    count = sum(n.endswith(".smt2") for n in proved)
    assert code == 0, said
    assert f"files: {len(proved) - 1}, none is changed\n" in said
    assert f"scripts: {count}, cvc5 says unsat to each\n" in said
    assert "no_lost_notifications: proved by " in said
    assert said.endswith("\nProofs only are checked here; each property has one.\n")
    assert _run(lost, tmp_path, tools)[0] == 0


def test_what_is_no_proof_is_listed(lost: Files, tools: Path, tmp_path: Path) -> None:
    code, said = _run(lost, tmp_path, tools)
    assert code == 0
    assert said.endswith(
        "\nProofs only are checked here. Of these properties there is none, and nothing was"
        " checked:\n  no_lost_notifications: violated, replayed\n"
    )
    rows = [
        "coverage\tholds\tproved (all values), certified", "layering\tunknown\t",
        "economy\tholds\tbounded (3 steps, 1 queue, 1 line)",
    ]  # fmt: skip
    files = resealed({**lost, "verdicts.tsv": ("\n".join(rows) + "\n").encode()})
    assert _run(files, tmp_path, tools)[1].splitlines()[-2:] == [
        "  layering: unknown",
        "  economy: holds, bounded (3 steps, 1 queue, 1 line)",
    ]
    gone = resealed({n: d for n, d in lost.items() if n != "verdicts.tsv"})
    assert _run(gone, tmp_path, tools)[0] == 1


def test_a_changed_byte_is_found(lost: Files, tools: Path, tmp_path: Path) -> None:
    for name in ("README.md", "results.json", "traces/no_lost_notifications-1.json"):
        code, said = _run({**lost, name: lost[name] + b" "}, tmp_path, tools)
        assert (code, f"FAILED {name}: its bytes" in said) == (1, True)
    sums = lost["SHA256SUMS"].replace(b"  README.md", b" *README.md")
    assert "FAILED SHA256SUMS" in _run({**lost, "SHA256SUMS": sums}, tmp_path, tools)[1]
    code, said = _run({**lost, "more": b""}, tmp_path, tools)
    assert (code, "FAILED more: it is not in SHA256SUMS" in said) == (1, True)
    assert said.count("FAILED more: ") == 1
    gone = {n: d for n, d in lost.items() if n != "sbom.json"}
    assert "FAILED sbom.json: it is not there" in _run(gone, tmp_path, tools)[1]


@pytest.mark.parametrize("name", ["README.m[d]", "README.md\nbundle.json", "READ ME", "-n", "*"])
def test_a_file_by_a_name_that_a_shell_takes_for_others(
    name: str, lost: Files, tools: Path, tmp_path: Path
) -> None:
    code, said = _run({**lost, name: b"x"}, tmp_path, tools)
    assert code == 1
    assert "FAILED " in said


def test_a_link_is_no_file_of_a_bundle(lost: Files, tools: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_bytes(lost["README.md"])
    folder = tmp_path / "linked"
    written({n: d for n, d in lost.items() if n != "README.md"}, folder)
    (folder / "README.md").symlink_to(outside)
    command = [str(tools / "sh"), str(folder / "recheck.sh")]
    done = subprocess.run(
        command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == "FAILED README.md: it is no file of its own\n"


def test_what_is_said_to_be_proved_has_a_script(lost: Files, tools: Path, tmp_path: Path) -> None:
    row = b"no_lost_notifications\tholds\tproved (all values)\n"
    code, said = _run(resealed({**lost, "verdicts.tsv": row}), tmp_path, tools)
    assert code == 1
    assert "FAILED verdicts.tsv: it says that no_lost_notifications is proved" in said


def test_a_line_of_the_sums_too_many(lost: Files, tools: Path, tmp_path: Path) -> None:
    sums = lost["SHA256SUMS"] + b"0" * 64 + b"  README.md\n"
    code, said = _run({**lost, "SHA256SUMS": sums}, tmp_path, tools)
    assert (code, "FAILED SHA256SUMS: it does not list each file once" in said) == (1, True)


def test_a_weaker_invariant_is_found(proved: Files, tools: Path, tmp_path: Path) -> None:
    (name,) = scripts(proved, "the invariant excludes what is bad")
    text = proved[name].decode()
    weaker = text.replace("; the invariant\n(assert ", "; the invariant\n(assert (or true ", 1)
    end = weaker.index("\n; a bad state")
    weaker = f"{weaker[:end]}){weaker[end:]}"
    code, said = _run(with_script(proved, name, weaker), tmp_path, tools)
    assert (code, said) == (1, said)
    assert f"FAILED {name}: cvc5 says: sat" in said
    assert said.count("FAILED") == 1


@pytest.mark.parametrize(
    "text",
    [
        '(set-logic QF_LIA)\n(assert true)\n(echo "unsat")\n(exit)\n(check-sat)\n',
        '(set-logic QF_LIA)\n(assert true) (echo "unsat") (exit)\n(check-sat)\n',
        "(set-logic QF_LIA)\n(assert true)\n",
        "(set-logic QF_LIA)\n(check-sat)\n",
        "(set-logic QF_LIA)\n(push 1)\n(assert false)\n(check-sat)\n",
    ],
)
def test_a_script_asks_one_question(text: str, lost: Files, tools: Path, tmp_path: Path) -> None:
    name = next(n for n in sorted(lost) if n.endswith(".smt2"))
    code, said = _run(with_script(lost, name, text), tmp_path, tools)
    assert code == 1
    assert f"FAILED {name}: it is no script of one question" in said


def test_a_proof_has_its_scripts(lost: Files, tools: Path, tmp_path: Path) -> None:
    name = next(n for n in sorted(lost) if n.endswith(".smt2"))
    gone = resealed({n: d for n, d in lost.items() if n != name})
    assert f"FAILED {name}: the proof of coverage rests on it" in _run(gone, tmp_path, tools)[1]
    more = resealed({**lost, "proofs/999.smt2": lost[name]})
    assert "FAILED proofs/999.smt2: no proof rests on it" in _run(more, tmp_path, tools)[1]


def test_without_a_solver_it_cannot_be_told(lost: Files, tools: Path, tmp_path: Path) -> None:
    few = tmp_path / "bin"
    few.mkdir()
    for tool in tools.iterdir():
        if tool.name != "cvc5":
            (few / tool.name).symlink_to(os.path.realpath(tool))
    code, said = _run(lost, tmp_path, few)
    assert (code, said) == (2, "cvc5 or z3 is needed\n")
    assert _run(lost, tmp_path, tools, "/none")[0] == 2
