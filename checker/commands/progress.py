"""How a long run is shown while it goes on: a line on the terminal, or records as they come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from checker.report.report import Report
from checker.report.run import Provenance, Run
from model.record import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """How the run is shown while it goes on."""

    streams: bool
    """Whether each design is shown when it is done."""
    on_terminal: bool
    """Whether somebody may be told how far it is."""
    made_with: Provenance

    def start(self, names: Iterable[str]) -> None:
        """Before the first design."""
        if self.streams:
            from checker.report import jsonl

            click.echo(jsonl.start(self.made_with, names))

    def progress(self, path: str, what: str, done: int, total: int) -> None:
        """Between designs, and within them."""
        if self.streams:
            from checker.report import jsonl

            click.echo(jsonl.progress(path, what, done, total))

    def design(self, report: Report) -> None:
        """A design is done."""
        if self.streams:
            from checker.report import jsonl

            for line in jsonl.design(report):
                click.echo(line)

    def end(self, run: Run) -> None:
        """All of it is done."""
        from checker.report import jsonl

        click.echo(jsonl.end(run))


@contextmanager
def telling(wanted: bool) -> Iterator[Callable[[str], None]]:
    """A line on the terminal that says how far a long run is; nothing where there is none."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda words: None
        return
    from time import monotonic

    started = monotonic()
    shown = 0

    def show(words: str) -> None:
        nonlocal shown
        if monotonic() - started < 0.7:
            return
        line = f"{words}, {monotonic() - started:.0f} s"[:100]
        sys.stderr.write("\r" + line.ljust(shown))
        sys.stderr.flush()
        shown = len(line)

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r" + " " * shown + "\r")
            sys.stderr.flush()
