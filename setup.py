"""Which packages are installed, and how what is C is built; all else is in pyproject.toml.

The standard library of designs lies in `specs/lib`, outside the Python packages. It is installed as
the data of `checker._specs.lib`; `checker.library` finds it there or in the source tree.
"""

import sysconfig
from glob import glob
from pathlib import Path

from setuptools import Extension, find_namespace_packages, setup
from setuptools.command.build_ext import build_ext

FOUND = find_namespace_packages(
    include=["checker", "checker.*", "model", "model.*"], exclude=["*.__pycache__"]
)


class BuildRing(build_ext):
    """Builds the ring with what is there: Python's headers are used if found, never needed."""

    def run(self) -> None:
        """Refuses the one Python that cannot do without its headers; says what failed."""
        headers = Path(sysconfig.get_path("include"), "Python.h").exists()
        if sysconfig.get_config_var("Py_GIL_DISABLED") and not headers:
            raise SystemExit("vqcheck: a free-threaded Python needs its headers (Python.h)")
        try:
            super().run()
        except Exception as e:
            raise SystemExit(
                f"vqcheck: the C ring (model/ring) could not be compiled: {e}\n"
                "A C11 compiler is needed. On Debian: apt install gcc libc6-dev"
            ) from e


RING = Extension(
    "model.ring._vq",
    sources=sorted(glob("model/ring/*.c")),
    depends=sorted(glob("model/ring/*.h")),
    extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden"],
)

BULK = Extension(
    "model.machine.bulk._bulk",
    sources=sorted(glob("model/machine/bulk/*.c")),
    depends=[*glob("model/machine/bulk/*.h"), "model/ring/vq_python_abi.h"],
    extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden"],
)

setup(
    packages=[*FOUND, "checker._specs.lib"],
    package_dir={"checker._specs.lib": "specs/lib"},
    ext_modules=[RING, BULK],
    cmdclass={"build_ext": BuildRing},
)
