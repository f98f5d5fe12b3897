"""Every broken file gives its errors and exit code 3: never a traceback, never a long wait.

What each gives is in expected.toml, and the hints in hints.toml. To add one: write NAME.vq, run
UPDATE_GOLDENS=1, read the lines.
"""

import json
import os
import random
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.commands import files
from checker.commands.main import main
from checker.language.load import load
from checker.language.parse import tokens
from checker.properties.property import properties
from model.span import Source

HERE = Path(__file__).parent
TABLE = HERE / "expected.toml"
EXPECTED = tomllib.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
HINTS = HERE / "hints.toml"
NAMES = sorted(p.stem for p in HERE.glob("*.vq"))
FINE = (HERE / "fine.txt").read_text(encoding="utf-8")
SECONDS = 3.0
"""A bound for a loaded machine; each takes some hundredths."""


def _hints(name: str) -> list[str]:
    return [d.hint for d in load(HERE / f"{name}.vq", {}, properties()).diagnostics if d.is_error]


def test_the_hints_are_those_of_the_table() -> None:
    found = {name: _hints(name) for name in NAMES}
    if "UPDATE_GOLDENS" in os.environ:
        # In TOML a basic string is as in JSON.
        lines = [f"{n} = {json.dumps(h, ensure_ascii=False)}\n" for n, h in found.items()]
        HINTS.write_text("".join(lines), encoding="utf-8")
    assert found == tomllib.loads(HINTS.read_text(encoding="utf-8"))


def _check(path: Path | str, capsys: pytest.CaptureFixture[str]) -> tuple[list[str], int]:
    start = time.process_time()
    code = main(["check", "--format", "json", str(path)])
    assert time.process_time() - start < SECONDS
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    data = json.loads(said.out) if said.out else {"diagnostics": []}
    return [d["code"] for d in data["diagnostics"] if d["severity"] == "error"], code


def test_the_table_is_that_of_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    if "UPDATE_GOLDENS" in os.environ:
        lines = []
        for name in NAMES:
            codes, exit_code = _check(HERE / f"{name}.vq", capsys)
            lines.append(f"{name} = {{ codes = {json.dumps(codes)}, exit = {exit_code} }}\n")
        TABLE.write_text("".join(lines), encoding="utf-8")
        EXPECTED.clear()
        EXPECTED.update(tomllib.loads("".join(lines)))
    assert sorted(EXPECTED) == NAMES
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_gives_its_errors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    codes, exit_code = _check(HERE / f"{name}.vq", capsys)
    assert codes == EXPECTED[name]["codes"]
    assert exit_code == EXPECTED[name]["exit"] == 3


def test_the_text_that_the_broken_ones_come_from_is_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fine.vq").write_text(FINE)
    assert _check(tmp_path / "fine.vq", capsys) == ([], 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("let n = " + "(" * 10_000 + "1" + ")" * 10_000, "VQ0104"),
        ("platform p " + "{" * 10_000, "VQ0104"),
        ("let n = " + "+".join(["1"] * 10_000), "VQ0104"),
        ("let n = " + "not " * 10_000 + "a", "VQ0104"),
        ("let n = " + "-" * 10_000 + "1", "VQ0104"),
        ("let n = a" + ".b" * 10_000, "VQ0104"),
        ("let n = " + "1 ? 2 : " * 10_000 + "3", "VQ0104"),
        ("service s(q) { " + "if a { stop } else " * 500 + "{ stop } }", None),
        ("let n = " + "9" * 100_000, "VQ0105"),
        ("param a in 1..2\n" * 20_000, None),
        ("x" * 1_000_000, "VQ0101"),
    ],
    ids=range(11),
)
def test_made_on_purpose_to_hurt(
    text: str, code: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.vq"
    path.write_text(text)
    found = main(["check", "--format", "json", str(path)])
    said = capsys.readouterr()
    assert found == 3, said.err
    if code:
        assert {d["code"] for d in json.loads(said.out)["diagnostics"]} == {code}


def test_fifty_megabytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "large.vq"
    with path.open("wb") as f:
        f.truncate(50 << 20)
    assert _check(path, capsys) == (["VQ0106"], 3)


def test_what_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "missing.vq")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main(["check", str(tmp_path)]) == 2
    assert "has no *.vq files" in capsys.readouterr().err
    (tmp_path / "folder.vq").mkdir()
    assert main(["check", str(tmp_path / "folder.vq")]) == 2
    assert [d.code for d in load(tmp_path / "folder.vq").diagnostics] == ["VQ0109"]
    (tmp_path / "a.vq").write_text("use folder\n")
    assert _check(tmp_path / "a.vq", capsys) == (["VQ0109"], 3)


def test_a_file_whose_reading_fails(capsys: pytest.CaptureFixture[str]) -> None:
    # Reading the memory of one's own process at address 0 fails, whoever one is.
    assert _check("/proc/self/mem", capsys) == (["VQ0108"], 3)
    source = files.read("/proc/self/mem")
    assert not isinstance(source, Source)
    assert source.code == "VQ0108"


def test_a_link_to_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.vq").symlink_to(tmp_path / "a.vq")
    assert main(["check", str(tmp_path / "a.vq")]) in (2, 3)
    assert "Traceback" not in capsys.readouterr().err


PIECES = [(str(k), k.type == "COMMENT") for k in tokens(Source("", FINE))]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_changed_tokens_are_right_or_reported(tmp_path_factory: object, seed: int, n: int) -> None:
    pieces = [text + ("\n" if is_comment else " ") for text, is_comment in PIECES]
    rng = random.Random(seed)
    for _ in range(n):
        a, b = rng.randrange(len(pieces)), rng.randrange(len(pieces))
        match rng.randrange(4):
            case 0:
                del pieces[a]
            case 1:
                pieces.insert(a, pieces[b])
            case 2:
                pieces[a], pieces[b] = pieces[b], pieces[a]
            case _:
                pieces[a] = pieces[b]
    _assert_judged("".join(pieces).encode(), tmp_path_factory)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=4), st.integers(0, len(FINE)), st.integers(0, 8))
def test_noise_is_reported(tmp_path_factory: object, noise: bytes, at: int, gone: int) -> None:
    data = FINE.encode()
    _assert_judged(data[:at] + noise + data[at + gone :], tmp_path_factory)


def _assert_judged(data: bytes, factory: object) -> None:
    assert isinstance(factory, pytest.TempPathFactory)
    path = factory.getbasetemp() / "changed.vq"
    path.write_bytes(data)
    loaded = load(path)  # Any exception here is a bug.
    is_wrong = any(d.is_error for d in loaded.diagnostics)
    assert (loaded.design is None) == is_wrong
    assert main(["check", "--quiet", str(path)]) == (3 if is_wrong else 0)
