"""`checker check`: reads designs and checks their syntax, names and types; proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from checker.commands import complete, files
from checker.commands.exit_codes import ExitCode
from checker.diagnostics.diagnostic import Diagnostic
from checker.language.load import load
from checker.report.diagnostics import as_github, as_json, render, summary


@click.command("check")
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE|DIR...", shell_complete=complete.designs
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text",
    help="How errors are printed.",
)  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print errors only: no warnings, no summary.")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(paths: tuple[str, ...], form: str, quiet: bool, no_color: bool) -> int:
    """Check the syntax, names and types of designs; prove nothing.

    A directory stands for all *.vq files in it. `-` reads the standard input.
    Exit codes: 0, 3 (a design is wrong).
    """
    names = files.expand(paths)
    found = _once(d for name in names for d in _diagnostics(name))
    is_wrong = any(d.is_error for d in found)
    shown = [d for d in found if d.is_error or not quiet]
    code = ExitCode.SPEC if is_wrong else ExitCode.OK
    if form == "json":
        data = {"files": [files.shown(n) for n in names], "diagnostics": as_json(shown)}
        click.echo(json.dumps(data | {"exit_code": int(code)}, indent=2))
    elif form == "github":
        click.echo(as_github(shown), nl=False)
    else:
        click.echo(render(shown, files.use_color(no_color)), nl=False)
        if not quiet:
            count = f"{len(names)} file{'' if len(names) == 1 else 's'}"
            click.echo(f"{summary(shown)} in {count}")
    return code


def _diagnostics(name: str) -> Iterable[Diagnostic]:
    return load(Path("/dev/stdin" if name == files.STDIN else name)).diagnostics


def _once(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """A module that two designs use is read twice, and complained about once."""
    out: dict[tuple[object, ...], Diagnostic] = {}
    for d in found:
        out.setdefault((d.order, d.at.span.end if d.at else 0, d.hint), d)
    return list(out.values())
