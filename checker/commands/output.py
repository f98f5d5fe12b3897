"""Where results go: the terminal, files that are written whole, the summary page of a CI run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from checker.commands import files
from checker.commands.exit_codes import ExitCode, meaning
from checker.report.report import Report
from checker.report.run import Provenance, Run, Style, form, forms

_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The file that GitHub shows on the page of a run; it names it in this variable."""


def provenance(command: str, options: Iterable[tuple[str, object]]) -> Provenance:
    """What this run is made with, from now on."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Provenance(command, f"{now:%Y-%m-%dT%H:%M:%SZ}", _versions, tuple(options))


def _versions() -> tuple[tuple[str, str], ...]:
    from checker.provenance import versions

    return versions()


def run_of(provenance: Provenance, reports: Iterable[Report], code: ExitCode) -> Run:
    """All of a run."""
    every = tuple(reports)
    return Run(provenance, every, int(code), meaning(code, every))


def pairs(given: Iterable[str]) -> list[tuple[str, Path]]:
    """`--write FORMAT=FILE`; a usage error where it is something else, before any work is done."""
    out = []
    for item in given:
        name, equals, path = item.partition("=")
        if not equals or not path:
            raise click.UsageError(f"`--write {item}`: expected FORMAT=FILE.")
        if name not in forms():
            there = ", ".join(forms())
            raise click.UsageError(f"`--write {item}`: there is no format `{name}` ({there}).")
        out.append((name, Path(path)))
    return out


def show(run: Run, name: str, to: str | None, style: Style) -> None:
    """Print the run in that form, or write it to a file; for GitHub, its summary page too."""
    words = form(name)(run, style)
    if to is not None:
        write(Path(to), words)
    elif words:
        click.echo(words)
    summary = os.environ.get(_SUMMARY) if name == "github" else None
    if summary:
        _append(Path(summary), form("markdown")(run, Style(quiet=True)))


def write_all(run: Run, wanted: Iterable[tuple[str, Path]]) -> None:
    """Further forms, each to its file."""
    for name, path in wanted:
        write(path, form(name)(run, Style()))


def write(path: Path, words: str) -> None:
    """Write a text, whole or not at all."""
    try:
        files.write(str(path), words + "\n")
    except OSError as e:
        raise click.UsageError(f"`{path}` cannot be written: {e.strerror}.") from e


def _append(path: Path, words: str) -> None:
    """Other steps of the job write into the same file."""
    try:
        with path.open("a", encoding="utf-8") as f:
            f.write(words + "\n")
    except OSError as e:
        raise click.UsageError(f"`{path}` ({_SUMMARY}) cannot be written: {e.strerror}.") from e
