"""Designs as tests: pytest collects `.vq` files that are asked for, one test a property.

Off unless asked for, so that an installed vqcheck changes nothing in other projects: a file is
collected if it is named on the command line, with `--vq` if it lies below what is named there, or
if it matches a pattern of `vq_files` in pytest's configuration. `expect` is honoured, and a
counterexample is the text of the failure. Warnings about the text are warnings of pytest's. The
rest of the tool is imported when it is needed.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from checker.diagnostics.diagnostic import Diagnostic
    from checker.report.report import Line, Report
    from checker.verify import Options

_SECONDS = 60.0
_SUFFIX = ".vq"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, and the patterns of files that are collected without any."""
    group = parser.getgroup("vqcheck", "designs of vqcheck (.vq)")
    group.addoption("--vq", action="store_true", help="collect *.vq below what is named")
    group.addoption(
        "--vq-timeout", type=float, default=_SECONDS, metavar="SECONDS",
        help=f"wall clock for each obligation (default: {_SECONDS:g})",
    )  # fmt: skip
    group.addoption(
        "--vq-rlimit", type=int, default=None, metavar="N",
        help="the solver's count of its own work for each check: the reproducible budget (0: none)",
    )  # fmt: skip
    group.addoption(
        "--vq-certify", action="store_true",
        help="have Z3 and cvc5 confirm each proof, as `checker verify --certify` does; --vq, where"
        " there are no `vq_files`",
    )  # fmt: skip
    group.addoption(
        "--vq-require-proof", action="store_true",
        help="fail what holds only as far as was searched, as `checker verify --require-proof`",
    )  # fmt: skip
    parser.addini(
        "vq_files", type="args", default=[],
        help="patterns of designs to collect, from pytest's root folder (designs/*.vq)",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Refuses what could not be kept, before anything is collected."""
    seconds, rlimit = config.getoption("--vq-timeout"), config.getoption("--vq-rlimit")
    if seconds <= 0:
        raise pytest.UsageError(f"--vq-timeout {seconds:g}: expected a time above 0")
    if rlimit is not None and rlimit < 0:
        raise pytest.UsageError(f"--vq-rlimit {rlimit}: expected a number from 0")
    if config.getoption("--vq-certify"):
        from checker.engines.certify import SOLVERS, solvers  # noqa: PLC0415

        missing = [name for name in SOLVERS if name not in solvers()]
        if missing:
            needed = " and ".join(missing)
            raise pytest.UsageError(f"--vq-certify needs {needed}: pip install 'vqcheck[certify]'")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> DesignFile | None:
    """A design, if it is asked for."""
    if file_path.suffix != _SUFFIX or not _is_asked_for(file_path, parent):
        return None
    made: DesignFile = DesignFile.from_parent(parent, path=file_path)
    return made


def _is_asked_for(path: Path, parent: pytest.Collector) -> bool:
    config = parent.config
    if parent.session.isinitpath(path):
        return True
    if _is_of_a_bundle(path, parent):
        return False
    patterns = config.getini("vq_files")
    # To ask for certificates and for no designs in particular is to ask for all.
    if config.getoption("--vq") or (config.getoption("--vq-certify") and not patterns):
        return True
    try:
        below = path.relative_to(config.rootpath).as_posix()
    except ValueError:
        return False
    return any(fnmatch(below, pattern) for pattern in patterns)


def _is_of_a_bundle(path: Path, parent: pytest.Collector) -> bool:
    """Whether it is a copy in a bundle that nobody named: what was asked for is its original."""
    from checker.bundle.store import is_bundle  # noqa: PLC0415

    for folder in path.parents:
        if parent.session.isinitpath(folder):
            return False
        if is_bundle(folder):
            return True
    return False


class DesignFile(pytest.File):
    """A design: a test for each property that it asks for; none for a module."""

    def collect(self) -> Iterator[pytest.Item]:
        """The tests. A text with errors is one test, which fails."""
        from checker.language.load import load  # noqa: PLC0415  (nothing without a design)
        from checker.properties.property import properties  # noqa: PLC0415

        loaded = load(_shown(self.path), {}, properties())
        design = loaded.design
        if design is None:
            yield TextItem.from_parent(self, name="text", wrong=loaded.diagnostics)
            return
        if not (design.devices or design.asks or design.claims):
            return
        asks = {a.property: a.origin for a in reversed(design.asks)}
        for name in dict.fromkeys(a.property for a in design.asks):
            yield PropertyItem.from_parent(self, name=name, line=asks[name].line)
        if not asks:
            yield NothingItem.from_parent(self, name="check")


def _shown(path: Path) -> Path:
    """As short as it can be named from here."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


class DesignWarning(UserWarning):
    """A warning about the text of a design; where pytest makes errors of warnings, a failure."""


class NotAsExpected(Exception):
    """A property does not come out as expected; the words are all that is to be shown."""


class _Item(pytest.Item):
    """A test whose failure is told in the words of the tool, never by a traceback."""

    line = 1

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the test stands, lines from 0."""
        return self.path, self.line - 1, f"{self.path.name}: {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:  # noqa: ARG002
        """What is shown of a failure."""
        if isinstance(excinfo.value, NotAsExpected | DesignWarning):
            return str(excinfo.value)
        reason = f"{type(excinfo.value).__name__}: {excinfo.value}".splitlines()[0]
        words = f"internal error: {reason}; this is a bug in vqcheck"
        return f"{words}\n  `checker verify {_shown(self.path)}` keeps how it happened in a file"


class TextItem(_Item):
    """A text with errors, which says nothing of any property."""

    def __init__(self, *, wrong: Any, **more: Any) -> None:
        super().__init__(**more)
        self._wrong = wrong
        first = next((d for d in wrong if d.is_error and d.at), None)
        self.line = first.at.span.line if first else 1

    def runtest(self) -> None:
        """Fails with the errors."""
        from checker.report.diagnostics import render  # noqa: PLC0415

        raise NotAsExpected(render(self._wrong).rstrip())


class NothingItem(_Item):
    """A design that asks for nothing: that must not look like a success."""

    def runtest(self) -> None:
        """Fails."""
        raise NotAsExpected(f"{_shown(self.path)} has no `check`: nothing was checked")


class PropertyItem(_Item):
    """A property of a design."""

    def __init__(self, *, line: int, **more: Any) -> None:
        super().__init__(**more)
        self.line = line

    def runtest(self) -> None:
        """Verifies that property alone; passes if it comes out as expected."""
        from checker.diagnostics.diagnostic import Severity  # noqa: PLC0415
        from checker.report.diagnostics import render  # noqa: PLC0415
        from checker.report.report import requiring_proof  # noqa: PLC0415
        from checker.suggest import suggested  # noqa: PLC0415
        from checker.verify import verify  # noqa: PLC0415

        with warnings.catch_warnings():
            # Python warns of a fork beside threads, which pytest-xdist has. What the forked process
            # runs takes no lock of theirs, and one that hangs is killed, and is no verdict.
            warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)
            options = self._options()
            report = suggested(_shown(self.path), verify(_shown(self.path), options), options)
        if report.is_wrong:
            raise NotAsExpected(render(report.diagnostics).rstrip())
        if self.config.getoption("--vq-require-proof"):
            report = requiring_proof(report)
        (line,) = report.lines
        self._keep(line)
        for d in report.diagnostics:
            if d.severity is Severity.WARNING:
                self._warn(d, render([d]).rstrip())
        self._judge(report, line)

    def _warn(self, of: Diagnostic, words: str) -> None:
        # At its own place: pytest shows it once then, with the tests that had it.
        path, line = (of.at.span.source.path, of.at.span.line) if of.at else (str(self.path), 1)
        warnings.warn_explicit(DesignWarning(words), DesignWarning, path, line)

    def _options(self) -> Options:
        from checker.engines.certify import SOLVERS  # noqa: PLC0415
        from checker.engines.engine import Budget  # noqa: PLC0415
        from checker.verify import Options  # noqa: PLC0415

        budget = Budget(timeout_seconds=self.config.getoption("--vq-timeout"))
        rlimit = self.config.getoption("--vq-rlimit")
        if rlimit is not None:
            budget = Budget(rlimit, budget.timeout_seconds)
        # Workers of pytest-xdist run side by side already.
        jobs = 1 if hasattr(self.config, "workerinput") else os.cpu_count() or 1
        certify = SOLVERS if self.config.getoption("--vq-certify") else ()
        return Options(budget, jobs, certify=certify, among=frozenset((self.name,)))

    def _keep(self, line: Line) -> None:
        """For pytest's own report formats."""
        from checker.verdict.verdict import outcome, strength  # noqa: PLC0415

        self.user_properties.append(("outcome", outcome(line.verdict)))
        self.user_properties.append(("strength", strength(line.verdict)))

    def _judge(self, report: Report, line: Line) -> None:
        from checker.report.text import details  # noqa: PLC0415
        from checker.verdict.verdict import Skipped, outcome  # noqa: PLC0415

        if line.as_expected:
            if isinstance(line.verdict, Skipped):
                pytest.skip(line.verdict.why)
            return
        words = [details(report, line)]
        if line.stated and outcome(line.verdict) != line.expected:
            words.append(
                f"{line.name} {outcome(line.verdict)}, but the design expects {line.expected}"
            )
        raise NotAsExpected("\n".join(w for w in words if w))
