"""Linux' own ring on the other side of ours: `python -m tests.interop.linux_ring KERNEL_TREE`.

The tree is what Debian's `linux-source` package holds, unpacked (or the five folders of it that are
named below). Its files are copied to a temporary folder, built for user space there as its own
tools/virtio does, and never become part of this repository.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path

from tests.ring.build import CORE, RING

FOLDERS = ("tools/virtio", "tools/include", "drivers/virtio", "drivers/vhost", "include")
PROGRAM = Path(__file__).with_suffix(".c")
RINGS = ("drivers/virtio/virtio_ring.c", "drivers/vhost/vringh.c")
PAGES = "static inline void *alloc_pages_exact(size_t s, gfp_t gfp)\n{\n\treturn kmalloc(s, gfp);"
ZEROED = PAGES.replace(
    "return kmalloc(s, gfp);",
    "void *p = aligned_alloc(4096, (s + 4095) / 4096 * 4096);\n\treturn memset(p, 0, s);",
)
FLAGS = "-g -O2 -w -fno-strict-overflow -fno-strict-aliasing -fno-common -U_FORTIFY_SOURCE".split()
DEFINES = ["-Ddata_race(x)=(x)", "-DCONFIG_PHYS_ADDR_T_64BIT"]


def build(tree: Path, folder: Path, program: Path = PROGRAM) -> Path:
    """A program that drives both, from copies of the kernel's files."""
    for name in FOLDERS:
        shutil.copytree(tree / name, folder / name, symlinks=True, dirs_exist_ok=True)
    kernel = folder / "tools/virtio/linux/kernel.h"
    text = kernel.read_text()
    if PAGES not in text:
        raise SystemExit(f"{kernel}: alloc_pages_exact() is not as in Linux 6.1")
    # A packed queue needs pages that are zeroed and aligned, as in the kernel.
    kernel.write_text(text.replace(PAGES, ZEROED))
    here = folder / "tools/virtio"
    includes = ["-I.", "-I../include", "-include", "../../include/linux/kconfig.h"]
    objects = [str(folder / f"{Path(name).stem}.o") for name in (*RINGS, program)]
    sources = [*(f"../../{name}" for name in RINGS), str(program)]
    for source, target in zip(sources, objects, strict=True):
        extra = [f"-I{RING}"] if source == str(program) else []
        command = ["gcc", *FLAGS, *DEFINES, *includes, *extra, "-c", source, "-o", target]
        subprocess.run(command, cwd=here, check=True)
    built = folder / "with_linux"
    command = [
        "gcc",
        "-std=c11",
        "-O2",
        f"-I{RING}",
        *map(str, CORE),
        *objects,
        "-o",
        str(built),
        "-lpthread",
    ]
    subprocess.run(command, check=True)
    return built


def pairings() -> list[tuple[str, str, str, str]]:
    """Whose side Linux plays, and the features; vringh has no packed ring."""
    every = product(
        ("driver", "device"), ("split", "packed"), ("event", "flags"), ("direct", "indirect")
    )
    return [p for p in every if p[:2] != ("device", "packed")]


def main() -> int:
    """All pairings, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--buffers", type=int, default=1_000_000)
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        program = build(options.tree.resolve(), Path(name))
        for pairing in pairings():
            command = [str(program), *pairing, str(options.buffers)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            wrong += done.returncode != 0
            print(
                f"Linux is the {' '.join(pairing)}: {done.stdout}{done.stderr}", end="", flush=True
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
