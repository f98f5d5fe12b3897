"""Bundles that are made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.bundle.store import read
from checker.commands.exit_codes import ExitCode
from checker.commands.main import main
from tests.bundle.bundles import FEW, LOST, PROVED, Files


@pytest.fixture(scope="session")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A design of which everything is proved."""
    return _made(tmp_path_factory, PROVED, FEW)


@pytest.fixture(scope="session")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A design that loses a notification, and says so."""
    return _made(tmp_path_factory, LOST, [*FEW, "--no-proofs"])


def _made(tmp_path_factory: pytest.TempPathFactory, design: Path, words: list[str]) -> Files:
    to = tmp_path_factory.mktemp("bundle") / design.stem
    assert main(["bundle", str(design), "-o", str(to), *words]) == ExitCode.OK
    return read(to)
