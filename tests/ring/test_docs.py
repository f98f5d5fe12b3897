"""The examples of docs/reference/ring.md are compiled and executed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.markdown import blocks
from tests.ring.build import CORE, RING, ROOT, compile_c, run

PAGE = ROOT / "docs" / "reference" / "ring.md"
CPP = """#include <cstdio>
#include "vq.h"

int main()
{
	std::size_t area[3];
	const int rc = vq_area_bytes(4, VQ_F_EVENT_IDX, area);
	std::printf("%zu %zu %zu: %s\\n", area[0], area[1], area[2], vq_strerror(rc));
	return rc;
}
"""


def block(language: str) -> str:
    """The one block in a language."""
    (body,) = [b.body for b in blocks(PAGE) if b.language == language]
    return body


@pytest.mark.parametrize("features", ["VQ_F_PACKED | VQ_F_EVENT_IDX", "VQ_F_EVENT_IDX"])
def test_the_example_in_c_prints_what_the_page_says(features: str, tmp_path: Path) -> None:
    source = tmp_path / "example.c"
    source.write_text(block("c").replace("VQ_F_PACKED | VQ_F_EVENT_IDX", features))
    assert source.read_text().count(f".features = {features} }}") == 1
    flags = ["-fsanitize=address,undefined"]
    done = run(compile_c(tmp_path / "example", [source, *CORE], flags))
    assert done.returncode == 0, done.stderr
    assert done.stdout == block("text")


def test_the_example_in_c_says_what_failed(tmp_path: Path) -> None:
    source = tmp_path / "example.c"
    source.write_text(block("c").replace("+ 3) / 4 * 4", ")").replace("VQ_F_PACKED | ", ""))
    done = run(compile_c(tmp_path / "example", [source, *CORE], []))
    assert (done.returncode, done.stderr) == (1, "vq_driver_init: an area is not aligned\n")


def test_a_program_in_cpp_uses_the_ring(tmp_path: Path) -> None:
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    main = tmp_path / "main.cc"
    main.write_text(CPP)
    objects = []
    for path in CORE:
        objects.append(compile_c(tmp_path / f"{path.stem}.o", [path], ["-c"]))
    command = ["g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{RING}"]
    command += [str(p) for p in (main, *objects)]
    done = subprocess.run([*command, "-o", tmp_path / "main"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert run(tmp_path / "main").stdout == "64 14 38: no error\n"


@pytest.mark.parametrize("kind", ["split", "packed"])
def test_the_command_of_the_page_passes_buffers(kind: str, tmp_path: Path) -> None:
    compile_line, _, runs = block("sh").replace("\\\n", "").partition("\n")
    command = compile_line.replace("-o passing", f"-o {tmp_path}/passing")
    subprocess.run(command, shell=True, check=True, cwd=ROOT)
    (words,) = [line.split()[1:] for line in runs.splitlines() if kind in line]
    assert words[1] == "100000000"
    done = run(tmp_path / "passing", kind, 20_000, *words[2:])
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("20000 buffers") == 2


def test_the_examples_in_python_are_true() -> None:
    for body in [b.body for b in blocks(PAGE) if b.language == "python"]:
        exec(compile(body, str(PAGE), "exec"), {})


def test_the_page_names_every_error() -> None:
    header = (ROOT / "model" / "ring" / "vq.h").read_text()
    errors = {word.split(" =")[0].strip() for word in header.splitlines() if "\tVQ_E_" in word}
    text = PAGE.read_text()
    assert len(errors) == 14
    assert {e for e in errors if f"`{e}`" not in text} == set()
