"""The C core by itself: tables of expected bytes, under each compiler and each sanitizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ring.build import (
    COMPILERS,
    CORE,
    HERE,
    SHARED,
    TABLES,
    compile_c,
    compiler,
    run,
)
from tests.ring.programs import corpus, weighted

SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ring") / "corpus.bin"
    programs = [weighted(seed, 60, hostile=bool(seed % 2)) for seed in range(200)]
    path.write_bytes(corpus(programs))
    return path


def available(name: str) -> str:
    """The compiler; gcc has to be there, clang may be missing and is then named as the reason."""
    path = compiler(name)
    if path is None:
        assert name == "clang", f"{name} is required"
        pytest.skip("clang is not installed")
    return path


@pytest.mark.parametrize("name", COMPILERS)
def test_the_tables_hold_optimised(name: str, answers: Path, tmp_path: Path) -> None:
    table = compile_c(tmp_path / "table", [*CORE, *TABLES], ["-O2"], available(name))
    done = run(table, answers)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", COMPILERS)
def test_the_tables_hold_under_address_and_undefined_sanitizer(
    name: str, answers: Path, tmp_path: Path
) -> None:
    flags = ["-g", "-O1", *SANITIZE]
    table = compile_c(tmp_path / "table", [*CORE, *TABLES], flags, available(name))
    done = run(table, answers)
    assert done.returncode == 0, done.stdout + done.stderr


def test_need_event_is_the_interval_for_all_pairs(tmp_path: Path) -> None:
    rest = [p for p in CORE if p.name != "vq.c"]
    every = compile_c(tmp_path / "all", [HERE / "core" / "need_event.c", *rest], ["-O2"])
    done = run(every)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("0 of 2^32")


RING = [p for p in CORE if p.name != "vq_run.c"]
KINDS = ("split", "packed")
TSAN = ("-g", "-O1", "-fsanitize=thread")


@pytest.mark.parametrize("name", COMPILERS)
def test_two_threads_have_no_data_race(name: str, tmp_path: Path) -> None:
    cc = available(name)
    # gcc says of itself that its ThreadSanitizer does not model fences; publishing needs none.
    flags = [*TSAN, *(["-Wno-tsan"] if name == "gcc" else [])]
    sources = [*RING, SHARED / "pass.c", SHARED / "threads.c"]
    threads = compile_c(tmp_path / "threads", sources, flags, cc)
    for kind in KINDS:
        done = run(threads, kind, 20_000, 64, 50, 60_000)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout == "20000 buffers, nothing wrong\n"


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    sources = [*RING, SHARED / "pass.c", SHARED / "processes.c"]
    processes = compile_c(tmp_path / "processes", sources, ["-O2"])
    for kind in KINDS:
        done = run(processes, kind, 200_000, 64, 50, 60_000)
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("200000 buffers") == 2
        assert done.stdout.count("nothing wrong") == 2


def test_without_release_the_sanitizer_sees_the_race(tmp_path: Path) -> None:
    """The two-thread test can fail: a publish that orders nothing is a data race."""
    broken = tmp_path / "ring"
    broken.mkdir()
    for path in (*CORE, *CORE[0].parent.glob("*.h")):
        text = path.read_text()
        if path.name == "vq_barrier.h":
            assert text.count("memory_order_release") == 1
            text = text.replace("memory_order_release", "memory_order_relaxed")
        (broken / path.name).write_text(text)
    sources = [broken / p.name for p in RING] + [SHARED / "pass.c", SHARED / "threads.c"]
    flags = [*TSAN, "-Wno-tsan"]
    threads = compile_c(tmp_path / "threads", sources, flags, ring=broken)
    for kind in KINDS:
        done = run(threads, kind, 20_000, 64, 50, 60_000)
        assert done.returncode != 0
        assert "data race" in done.stderr
