"""`checker fmt`: brings designs into the one layout; comments and line breaks stay."""

from __future__ import annotations

import difflib

import click

from checker.commands import complete, files
from checker.commands.exit_codes import ExitCode
from checker.diagnostics.diagnostic import Diagnostic
from checker.language.format import formatted
from checker.report.diagnostics import render, summary
from model.span import Source


@click.command("fmt")
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE|DIR...", shell_complete=complete.designs
)
@click.option("--check", is_flag=True, help="Write nothing; list the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Write to the standard output instead.")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(
    paths: tuple[str, ...], check: bool, diff: bool, to_stdout: bool, no_color: bool
) -> int:
    """Bring designs into the one layout.

    The author's line breaks and comments stay; indentation, blanks and columns are made alike. What
    a design says never changes. `-` reads the standard input and writes to the standard output. A
    file that cannot be parsed is left alone. Exit codes: 0, 1 (with --check, if a file would
    change), 3 (a file has syntax errors).
    """
    wrong: list[Diagnostic] = []
    changes = False
    for name in files.expand(paths):
        source = files.read(name)
        if isinstance(source, Diagnostic):
            wrong.append(source)
            continue
        text, found = formatted(source)
        wrong += found
        if found:
            continue
        changes = changes or text != source.text
        if check or diff:
            _tell(source, text, check, diff)
        elif to_stdout or name == files.STDIN:
            click.echo(text, nl=False)
        elif text != source.text:
            _write(name, text)
    if wrong:
        click.echo(render(wrong, files.use_color(no_color)) + summary(wrong), err=True)
        return ExitCode.SPEC
    return ExitCode.VIOLATED if check and changes else ExitCode.OK


def _tell(source: Source, text: str, check: bool, diff: bool) -> None:
    if text == source.text:
        return
    if check:
        click.echo(f"{source.path} would change")
    if diff:
        old, new = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
        for line in difflib.unified_diff(old, new, source.path, f"{source.path} (formatted)"):
            click.echo(line.rstrip("\r\n"))


def _write(name: str, text: str) -> None:
    try:
        files.write(name, text)
    except OSError as e:
        raise click.UsageError(f"`{name}` cannot be written: {e.strerror}.") from e
    click.echo(f"{name} formatted")
