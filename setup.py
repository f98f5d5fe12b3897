"""Which packages are installed; everything else about the distribution is in pyproject.toml.

The standard library of designs lies in `specs/lib`, outside the Python packages. It is installed as
the data of `checker._specs.lib`; `checker.library` finds it there or in the source tree.
"""

from setuptools import find_namespace_packages, setup

FOUND = find_namespace_packages(
    include=["checker", "checker.*", "model", "model.*"], exclude=["*.__pycache__"]
)

setup(
    packages=[*FOUND, "checker._specs.lib"],
    package_dir={"checker._specs.lib": "specs/lib"},
)
