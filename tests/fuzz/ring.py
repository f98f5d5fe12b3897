"""`make fuzz`: libFuzzer, AFL++ and atheris on the ring, those that are there, some seconds each.

The seed corpus is made here: weighted programs, honest and hostile. What a fuzzer finds stays in
build/fuzz/; the exit code is 1 if one found something, 2 if none of them is installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.ring.build import CORE, RING, ROOT
from tests.ring.programs import weighted

HARNESS = Path(__file__).with_name("ring_fuzz.c")
FLAGS = ["-std=gnu11", "-g", "-O2", f"-I{RING}"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
GUIDED = ["-fsanitize=fuzzer", "-fno-sanitize-coverage=trace-cmp"]
INTERPRETER = RING / "vq_run.c"
LONG = ["-max_len=1024", "-reduce_inputs=0"]
"""Programs stay as long as they are: short ones reach less of a ring."""


def seeds(folder: Path) -> Path:
    """Programs to start from."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(64):
        (folder / f"seed{seed}").write_bytes(weighted(seed, 8 + seed, hostile=bool(seed % 2)))
    return folder


def lib_fuzzer_target(to: Path, *flags: str) -> Path:
    """The harness for libFuzzer.

    Where its time goes was measured: in the same time, programs without traces of comparisons find
    as many edges of the ring and run twice as often, and edges of the interpreter add none.
    """
    core = [str(p) for p in CORE if p != INTERPRETER]
    interpreter = str(to.with_suffix(".o"))
    command = ["clang", *FLAGS, *flags, "-c", str(INTERPRETER), "-o", interpreter]
    subprocess.run(command, check=True)
    command = ["clang", *FLAGS, *flags, *GUIDED, str(HARNESS), *core, interpreter, "-o", str(to)]
    subprocess.run(command, check=True)
    return to


def lib_fuzzer(folder: Path, seconds: int) -> bool | None:
    """clang's libFuzzer with AddressSanitizer and UBSan; whether it found nothing."""
    if shutil.which("clang") is None:
        return None
    target = lib_fuzzer_target(folder / "ring_libfuzzer", "-DTWICE", *SANITIZE)
    found = folder / "found"
    found.mkdir(exist_ok=True)
    command = [str(target), f"-max_total_time={seconds}", *LONG, "-print_final_stats=1"]
    command += [f"-artifact_prefix={found}/", str(seeds(folder / "corpus"))]
    return subprocess.run(command, check=False).returncode == 0


def afl(folder: Path, seconds: int) -> bool | None:
    """AFL++ in persistent mode; whether it found nothing."""
    cc, fuzz = shutil.which("afl-clang-fast"), shutil.which("afl-fuzz")
    if cc is None or fuzz is None:
        return None
    target, out = folder / "ring_afl", folder / "afl"
    shutil.rmtree(out, ignore_errors=True)
    sources = map(str, (HARNESS, *CORE))
    quiet = os.environ | {"AFL_QUIET": "1", "AFL_USE_ASAN": "1", "AFL_USE_UBSAN": "1"}
    subprocess.run([cc, *FLAGS, "-DAFL", *sources, "-o", str(target)], check=True, env=quiet)
    relaxed = quiet | {
        "AFL_SKIP_CPUFREQ": "1",
        "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
        "AFL_NO_UI": "1",
        "AFL_NO_AFFINITY": "1",
    }
    command = [fuzz, "-i", str(seeds(folder / "seeds")), "-o", str(out), "-V", str(seconds)]
    done = subprocess.run([*command, "--", str(target)], check=False, env=relaxed)
    crashes = [*out.glob("*/crashes/id*"), *out.glob("*/hangs/id*")]
    return done.returncode == 0 and not crashes


def atheris(folder: Path, seconds: int) -> bool | None:
    """atheris, with the reference as the oracle; whether it found nothing."""
    if importlib.util.find_spec("atheris") is None:
        return None
    command = [sys.executable, "-m", "tests.fuzz.ring_atheris", f"-max_total_time={seconds}"]
    command += ["-max_len=400", f"-artifact_prefix={folder}/", str(seeds(folder / "atheris"))]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """One after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    seconds = parser.parse_args().seconds
    folder = ROOT / "build" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    answers = {
        "libFuzzer": lib_fuzzer(folder, seconds),
        "AFL++": afl(folder, seconds),
        "atheris": atheris(folder, seconds),
    }
    words = {
        True: "found nothing",
        False: f"FOUND SOMETHING: see {folder}",
        None: "is not installed",
    }
    for name, clean in answers.items():
        print(f"{name} {words[clean]}")
    ran = [clean for clean in answers.values() if clean is not None]
    return 2 if not ran else 0 if all(ran) else 1


if __name__ == "__main__":
    sys.exit(main())
