"""The binding, built with Python's headers or without: both do the same, and say which they are."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

from model.ring import _vq, ring
from tests.ring.build import RING, ROOT
from tests.ring.programs import weighted

HEADERS = "C API, by Python.h"
DECLARATIONS = "C API, by declarations of the stable ABI"
GIL_DISABLED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


@pytest.fixture(scope="module")
def without_headers(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The extension as it is built where Python.h is missing."""
    if GIL_DISABLED:
        assert Path(sysconfig.get_path("include"), "Python.h").exists()
        pytest.skip("a free-threaded Python is built with its headers only")
    to = tmp_path_factory.mktemp("binding") / "_vq.so"
    sources = map(str, sorted(RING.glob("vq*.c")))
    flags = [
        "-std=c11",
        "-O1",
        "-shared",
        "-fPIC",
        "-DVQ_NO_PYTHON_H",
        "-Wall",
        "-Wextra",
        "-Werror",
    ]
    subprocess.run(["gcc", *flags, *sources, "-o", str(to)], check=True)
    loader = importlib.machinery.ExtensionFileLoader("_vq", str(to))
    spec = importlib.util.spec_from_file_location("_vq", to, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_the_binding_says_what_it_is(without_headers: ModuleType) -> None:
    assert ring.binding() in {HEADERS, DECLARATIONS}
    assert without_headers.binding() == DECLARATIONS


def test_both_have_the_same_functions(without_headers: ModuleType) -> None:
    def names(m: ModuleType) -> set[str]:
        return {n for n in dir(m) if not n.startswith("__")}

    assert names(without_headers) == names(_vq)


@pytest.mark.parametrize("seed", range(40))
def test_both_run_programs_alike(without_headers: ModuleType, seed: int) -> None:
    program = weighted(seed, 100, hostile=bool(seed % 2))
    assert without_headers.run(program) == _vq.run(program)


def test_all_other_tests_pass_without_headers(without_headers: ModuleType) -> None:
    """Programs, state machine and arguments once more, in a process that has only this one."""
    assert without_headers.__file__ is not None
    code = (
        "import importlib.machinery as m, importlib.util as u, sys, pytest, model.ring\n"
        f"l = m.ExtensionFileLoader('model.ring._vq', {without_headers.__file__!r})\n"
        "s = u.spec_from_loader(l.name, l)\n"
        "x = u.module_from_spec(s); l.exec_module(x)\n"
        "sys.modules[l.name] = model.ring._vq = x\n"
        "from model.ring import ring\n"
        f"assert ring.binding() == {DECLARATIONS!r}\n"
        "sys.exit(pytest.main(['-q', '--assert=plain', '-p', 'no:cacheprovider',\n"
        "    '-k', 'not reach_every',\n"
        "    'tests/ring/test_programs.py', 'tests/ring/test_machine.py']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_side_that_is_not_one_is_refused(without_headers: ModuleType) -> None:
    for module in (_vq, without_headers):
        with pytest.raises(ValueError, match="PyCapsule"):
            module.driver_publish(object())
        with pytest.raises(TypeError):
            module.driver_publish()
        with pytest.raises(TypeError):
            module.driver_add(object(), 0, 0, 0, 0, 1)
