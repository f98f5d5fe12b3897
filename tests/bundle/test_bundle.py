"""`checker bundle`: what is in it, that it is the same again, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

from checker.bundle.sbom import sbom
from checker.bundle.store import MANIFEST, NoBundle, changed, read
from checker.commands.exit_codes import ExitCode
from checker.commands.files import write_folder
from checker.commands.main import main
from checker.engines import certify
from checker.report.schema import schema
from tests.bundle.bundles import FEW, LOST, PROVED, SPECS, Files, line_of, resealed, written
from tests.report.runs import TEXT

CHEAP = ["-p", "coverage", "--fuzz-examples", "0", "--no-proofs"]


def test_what_is_in_it(proved: Files, lost: Files) -> None:
    for files in (proved, lost):
        for name in ("results.json", "fuzz.json"):
            data = json.loads(files[name])
            validator_for(schema())(schema()).validate(data)
            assert data["started"] == "1970-01-01T00:00:00Z"
        results = json.loads(files["results.json"])
        for i in results["designs"][0]["inputs"]:
            digest = hashlib.sha256(files[i["path"]]).hexdigest()
            assert i["digest"] == f"sha256:{digest}", "sha256sum of a file says the same"
        scripts = [n for n in files if n.endswith(".smt2")]
        assert scripts
        assert b"QF_LIA" in files[scripts[0]]
        for name in ("report.html", "clauses.json", "sbom.json", "recheck.sh", "README.md"):
            assert files[name].strip()
    scripts = [n for n in proved if n.endswith(".smt2")]
    assert all(proved[n.replace(".smt2", ".cpc")].startswith(b"(") for n in scripts)
    assert "invariants/001.txt" in proved
    assert not [n for n in lost if n.startswith("invariants/")]
    ends = {".json", ".svg", ".replay.json", ".replay.txt"}
    assert {f"traces/no_lost_notifications-1{e}" for e in ends} <= lost.keys()
    assert json.loads(lost["traces/no_lost_notifications-1.replay.json"])["replayed"] is True
    mine = line_of(json.loads(proved["results.json"]), "no_lost_notifications")
    assert mine["strength"] == "proved (any number of queues, lines and CPUs), certified"


def test_an_invariant_can_be_read(proved: Files) -> None:
    text = proved["invariants/001.txt"].decode()
    assert "  - device.at in 0..3\n" in text
    assert "  - if the queue.unseen = 1 then the queue.visible or device.at in 1, 3\n" in text
    assert "let" not in text.split("As it is asserted there")[0].split()


def test_a_reviewer_who_was_not_there_reads_it_in_the_text(lost: Files) -> None:
    """What is lost, since when, why, and at which line to start: the design alone is in view."""
    text = lost["README.md"].decode()
    trace = json.loads(lost["traces/no_lost_notifications-1.json"])
    (source,) = trace["unserved"]
    assert f"**What is wrong.** {source} has used entries that nobody will look at" in text
    since = max(s["number"] for s in trace["steps"] if s["changes"].get(f"{source}.unseen"))
    assert (
        f"`{source}` has something to be seen since step {since} that no later step takes." in text
    )
    (unheard,) = [s for s in trace["steps"] if s["action"].startswith("pulse") and not s["changes"]]
    place = unheard["place"]
    where = f"{Path(place['path']).name}:{place['line']}"
    step = f"Step {unheard['number']}, `{unheard['action']}` ({where}),"
    assert f"- {step} changes nothing: while its handler runs, a level line takes no pulse." in text
    start = f"Start at step {unheard['number']} ({where})"
    none = "None of the 5 single changes tried helps."
    assert f"**Where to change it.** {none} {start}" in text
    who = "handler line 0 was to serve req[0] here: it was here in step 4, before step 5."
    served = next(s for s in trace["steps"] if s["number"] == 4)["place"]
    words = lost[served["path"]].decode().splitlines()[served["line"] - 1].strip()
    assert f"- {Path(served['path']).name}:{served['line']}, `{words}`: {who}\n" in text
    assert text.index(start) < text.index("Who was to serve it, and does not:") < text.index(who)
    assert f"{place['path']}\n" in text
    line = lost[place["path"]].decode().splitlines()[place["line"] - 1]
    assert f"{place['line']:>6}  {line.strip()}\n" in text
    (again,) = [x for x in text.splitlines() if x.strip().startswith("reproduce: ")]
    assert again.endswith("--library inputs")


def test_an_expected_violation_that_is_gone_is_called_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    design, to = tmp_path / "nic.vq", tmp_path / "evidence"
    design.write_text(TEXT + "check coverage\nexpect coverage violated\n")
    assert main(["bundle", str(design), "-o", str(to), *CHEAP]) == ExitCode.VIOLATED
    words = "a property holds where the design expects that it does not (exit code 1)"
    assert words in capsys.readouterr().out
    text = (to / "README.md").read_text()
    assert f"Judged by vqcheck: {words}." in text
    assert "| holds (the design expects: violated) |" in text
    assert "  - not as expected: the design says `expect coverage violated`. Where it is" in text
    page = (to / "report.html").read_text()
    assert "<code>coverage</code> holds, where the design expects <code>violated</code>." in page
    assert "a property is violated" not in text + page
    assert main(["verify", str(design), "--format", "github"]) == ExitCode.VIOLATED
    assert capsys.readouterr().out.endswith(f"vqcheck: 1 holds; {words}\n")


def test_made_again_elsewhere_it_has_the_same_bytes(lost: Files, tmp_path: Path) -> None:
    (tmp_path / "else where").mkdir()
    (tmp_path / "else where" / LOST.name).symlink_to(LOST)
    main_ = [sys.executable, "-m", "checker.commands.main"]
    command = [*main_, "bundle", LOST.name, "-j", "1", *FEW, "--no-proofs"]
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    to = tmp_path / "again.tar.gz"
    run = subprocess.run(
        [*command, "-o", str(to)], cwd=tmp_path / "else where", env=env, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    again = read(to)
    assert {n for n in again if again[n] != lost.get(n)} == set()
    assert again.keys() == lost.keys()
    seal = hashlib.sha256(lost[MANIFEST]).hexdigest()
    assert f"seal: sha256 {seal}" in run.stdout
    with tarfile.open(to) as tar:
        assert {m.mtime for m in tar} == {0}


def test_modules_beside_the_design_go_with_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    text = PROVED.read_text("utf-8")
    uses, rest = text.split("\n\n", 2)[:2], text.split("\n\n", 2)[2]
    (tmp_path / "parts" / "mine.vq").write_text("platform machine2 {\n    cpus 2\n}\n")
    name = "my design.v1.vq"
    uses[1] += "\nuse parts.mine"
    (tmp_path / name).write_text("\n\n".join([*uses, rest]), encoding="utf-8")
    to = tmp_path / "out"
    assert main(["bundle", str(tmp_path / name), "-o", str(to), *CHEAP]) == ExitCode.OK
    made = read(to)
    assert {"inputs/design/my_design.v1.vq", "inputs/design/parts/mine.vq"} <= made.keys()
    assert any(n.startswith("inputs/lib/") for n in made)
    words = ["inputs/design/my_design.v1.vq", "--library", "inputs", "-p", "coverage"]
    done = subprocess.run(
        [sys.executable, "-m", "checker.commands.main", "verify", *words], cwd=to, check=False
    )
    assert done.returncode == 0, "it is verified again from the bundle alone"


def test_without_cvc5_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(certify, "solvers", lambda: ("z3",))
    to = tmp_path / "out"
    words = ["bundle", str(PROVED), "-o", str(to), "-p", "coverage", "--fuzz-examples", "0"]
    assert main(words) == ExitCode.OK
    assert "not in it: cvc5 is not installed" in capsys.readouterr().out
    made = read(to)
    assert not [n for n in made if n.endswith(".cpc")]
    (line,) = json.loads(made["results.json"])["designs"][0]["properties"]
    assert line["strength"] == "proved (all values)", "its own solver alone certifies nothing"
    assert [s.split()[0] for s in line["certificate"]["solvers"]] == ["z3"]
    assert "cvc5 is not installed" in made["README.md"].decode()


def test_results_of_others_go_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fuzz", str(PROVED), "--examples", "3", "--database", "none", "--format", "json"]
    assert main(words) == ExitCode.OK
    fuzzed, mutated = tmp_path / "fuzz.json", tmp_path / "mutated.json"
    fuzzed.write_text(capsys.readouterr().out)
    inputs = json.loads(fuzzed.read_text())["designs"][0]["inputs"]
    of = [{"path": i["path"], "sha256": i["digest"].removeprefix("sha256:")} for i in inputs]
    result = {"inputs": of, "score": {"killed": 5, "counted": 6}}
    mutated.write_text(json.dumps(result))
    given = ["--fuzz", str(fuzzed), "--mutation", str(mutated)]
    to = tmp_path / "out"
    assert main(["bundle", str(PROVED), "-o", str(to), *CHEAP[:2], *CHEAP[4:], *given]) == 0
    made = read(to)
    assert made["fuzz.json"] == fuzzed.read_bytes()
    assert made["mutation.json"] == mutated.read_bytes()
    assert json.loads(made["bundle.json"])["given"] == ["fuzz.json", "mutation.json"]
    assert "no mutation score" not in made["README.md"].decode()
    assert "\n5 of 6 small changes of the design are noticed" in made["README.md"].decode()
    capsys.readouterr()
    other = ["bundle", str(LOST), "-o", str(tmp_path / "no"), "--fuzz", str(fuzzed)]
    assert main(other) == ExitCode.USAGE
    assert "is a result of other texts" in capsys.readouterr().err
    assert main([*other[:-1], str(mutated)]) == ExitCode.USAGE
    assert "is not a result of `checker fuzz" in capsys.readouterr().err
    other = [*other[:-2], "--mutation", str(mutated)]
    assert main(other) == ExitCode.USAGE
    assert "does not go with it: it is of other texts" in capsys.readouterr().err
    for wrong in ("[1", "{}", json.dumps({**result, "score": {"killed": 7, "counted": 6}})):
        mutated.write_text(wrong)
        assert main(other) == ExitCode.USAGE
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("there", ["file", "folder"])
def test_what_is_there_and_no_bundle_stays(
    there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "mine"
    mine = to if there == "file" else to / "notes.txt"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert main(["bundle", str(PROVED), "-o", str(to), *CHEAP]) == ExitCode.USAGE
    assert mine.read_text() == "mine"
    assert capsys.readouterr().err


def test_a_bundle_that_is_there_is_replaced_whole(
    lost: Files, proved: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "out"
    write_folder(to, lost, MANIFEST)
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "results.json":
            raise OSError(28, "No space left on device")
        return real(path, data)

    with monkeypatch.context() as m:
        m.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            write_folder(to, proved, MANIFEST)
    assert read(to) == lost
    assert [p.name for p in tmp_path.iterdir()] == ["out"], "nothing is left of it"
    write_folder(to, proved, MANIFEST)
    assert read(to) == proved, "and nothing of the one before"


def test_a_wrong_text_makes_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    design = tmp_path / "wrong.vq"
    design.write_text("device d : nothing on nothing {\n")
    assert main(["bundle", str(design), "-o", str(tmp_path / "out")]) == ExitCode.SPEC
    assert "wrong.vq:1" in capsys.readouterr().err
    module = SPECS / "lib" / "virtio" / "net.vq"
    assert main(["bundle", str(module), "-o", str(tmp_path / "out")]) == ExitCode.VACUOUS
    assert not (tmp_path / "out").exists()


# Bytes


def test_a_changed_byte_anywhere_is_found(lost: Files) -> None:
    assert list(changed(lost)) == []
    for name in lost.keys() - {MANIFEST}:
        for at in {0, len(lost[name]) // 2, len(lost[name]) - 1}:
            data = bytearray(lost[name])
            data[at] ^= 1
            found = [n for n, _ in changed({**lost, name: bytes(data)})]
            assert found == [name]


def test_a_changed_byte_of_the_manifest_is_found(lost: Files) -> None:
    small = resealed({n: lost[n] for n in ("results.json", "recheck.sh")})
    manifest = small[MANIFEST]
    for at in range(len(manifest)):
        for bit in (1, 10, 32):
            data = bytearray(manifest)
            data[at] ^= bit
            assert list(changed({**small, MANIFEST: bytes(data)})), (at, bit)
    for end in (b"", manifest + b"\n", manifest[:-1], manifest.replace(b"\n", b"\r\n")):
        assert list(changed({**small, MANIFEST: end})), end


def test_files_that_are_gone_or_new_are_found(lost: Files) -> None:
    assert list(changed({**lost, "more.txt": b""})) == [("more.txt", f"it is not in {MANIFEST}")]
    gone = {n: d for n, d in lost.items() if n != "fuzz.json"}
    assert [n for n, _ in changed(gone)] == ["fuzz.json"]
    assert list(changed({n: d for n, d in lost.items() if n != MANIFEST}))


def test_links_are_no_files_of_a_bundle(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("")
    (tmp_path / "a").symlink_to("/etc/hostname")
    with pytest.raises(NoBundle, match="no regular file"):
        read(tmp_path)
    (tmp_path / "a").unlink()
    (tmp_path / "b").symlink_to("/etc")
    with pytest.raises(NoBundle, match="no regular file"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["top/../../x", "/etc/x", "top//x", "top/a\nb", "top/a/../b"])
def test_an_archive_names_files_below_it(name: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(NoBundle):
        read(tmp_path / "a.tar.gz")
    (tmp_path / "b.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:-9])
    with pytest.raises(NoBundle):
        read(tmp_path / "b.tar.gz")


@pytest.mark.parametrize("top", ["evidence", "."])
def test_a_folder_that_somebody_packed_is_a_bundle(top: str, lost: Files, tmp_path: Path) -> None:
    # `tar czf` writes the folders too.
    folder = written(lost, tmp_path / "evidence")
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        tar.add(folder, top)
    assert read(tmp_path / "a.tgz") == lost


def test_the_bill_of_materials_is_whole() -> None:
    data: dict[str, Any] = sbom()
    assert data["bomFormat"] == "CycloneDX"
    refs = {c["bom-ref"] for c in data["components"]} | {data["metadata"]["component"]["bom-ref"]}
    assert {d["ref"] for d in data["dependencies"]} == refs
    assert {r for d in data["dependencies"] for r in d["dependsOn"]} <= refs
    names = {c["name"] for c in data["components"]}
    assert {"z3-solver", "click", "lark", "hypothesis", "rich", "cvc5"} <= names
    assert "pytest" not in names, "what only its development needs"
    assert all(c["purl"] == f"pkg:pypi/{c['name']}@{c['version']}" for c in data["components"])
