"""`checker fuzz`: runs designs by chance on the machine, and makes small what fails."""

from __future__ import annotations

import os
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete, files
from checker.commands import output as out
from checker.commands.exit_codes import combined, of_report
from checker.commands.options import cpus, params_of, properties_of
from checker.commands.progress import telling
from checker.report.run import Style, forms

if TYPE_CHECKING:
    from checker.fuzz import FuzzOptions
    from checker.report.report import Report

_EXAMPLES = {"quick": 20_000, "nightly": 5_000_000}
_SECONDS = {"quick": 60.0, "nightly": 3_600.0}
_KEPT = ".hypothesis"


@click.command("fuzz")
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE|DIR...", shell_complete=complete.designs
)
@click.option("--property", "-p", "names", multiple=True, metavar="NAME",
              help="Only this property, whatever the design asks for (repeatable).")  # fmt: skip
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE",
    shell_complete=complete.params_of_it,
              help="Fix a parameter of the design (may be repeated).")  # fmt: skip
@click.option("--profile", type=click.Choice(["quick", "nightly"]), default="quick",
              show_default=True,
              help="20,000 runs in a minute, or 5 million in an hour.")  # fmt: skip
@click.option("--examples", type=click.IntRange(1), metavar="N",
              help="So many runs of each kind of device, mode and trigger.")  # fmt: skip
@click.option("--time", "seconds", type=click.FloatRange(0.0, min_open=True), metavar="SECONDS",
              help="And no longer than that, for each of them.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", show_default=True,
              help="The same seed and --examples, the same runs.")  # fmt: skip
@click.option("--database", metavar="DIR", default=_KEPT, show_default=True,
              help="Where failures are kept, and tried first the next time (`none`: nowhere).",
              )  # fmt: skip
@click.option("--no-expect", is_flag=True, help="Judge the design as if it had no `expect` lines.")
@click.option("--jobs", "-j", type=click.IntRange(1), metavar="N",
              help="Processes side by side (default: one a CPU).")  # fmt: skip
@click.option("--format", "form", default="text",
              type=click.Choice([f for f in forms() if f != "jsonl"]),
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option(
    "--verbose", "-v", is_flag=True, help="Also steps that none of 40 runs of each machine took."
)
@click.option("--quiet", "-q", is_flag=True, help="Only what is not as expected, and warnings.")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(  # noqa: PLR0913  (one argument an option)
    paths: tuple[str, ...],
    names: tuple[str, ...],
    params: tuple[str, ...],
    profile: str,
    examples: int | None,
    seconds: float | None,
    seed: int,
    database: str,
    no_expect: bool,
    jobs: int | None,
    form: str,
    verbose: bool,
    quiet: bool,
    no_color: bool,
) -> int:
    """Run designs by chance on the machine, and make small what fails.

    Finds what is wrong, and proves nothing. Exit codes are those of `verify`; a failure is a trace,
    which `checker replay` runs again. It is kept in `.hypothesis/` of the working directory, where
    Hypothesis keeps its own; a run in which nothing fails makes no such folder.
    """
    from checker.engines.engine import Budget
    from checker.fuzz import FuzzOptions

    if seconds is not None and not isfinite(seconds):
        raise click.BadParameter(f"{seconds} is no number of seconds.", param_hint="'--time'")
    time = seconds or _SECONDS[profile]
    kept = "" if database == "none" else database
    options = FuzzOptions(
        examples or _EXAMPLES[profile],
        time,
        seed,
        os.path.join(kept, "examples") if kept else "",
        _home(),
        jobs or cpus(),
        properties_of(names),
        params_of(params),
        not no_expect,
        Budget(timeout_seconds=2 * time + 30),
    )
    if kept:
        _may_be_written(Path(kept))
    is_new = bool(kept) and not Path(kept).exists()
    made_with = out.provenance("fuzz", _plain(options))
    reports = _run(files.expand(paths), options, form == "text" and not quiet)
    code = combined(of_report(r) for r in reports)
    run = out.run_of(made_with, reports, code)
    out.show(run, form, None, Style(files.use_color(no_color), quiet, verbose, files.width()))
    if kept:
        _keep(Path(kept), reports, form == "text" and not quiet)
    if is_new and Path(kept).exists():
        words = f"`{kept}` is new: failures are kept there and tried first the next time"
        click.echo(f"{words} (`--database none`: nowhere)", err=True)
    return code


def _may_be_written(folder: Path) -> None:
    """Said before all the runs, not after them."""
    there = next((p for p in (folder, *folder.absolute().parents) if p.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise click.UsageError(
            f"`{folder}` cannot be written, where failures are kept. Try: --database none"
        )


def _home() -> str:
    """Where Hypothesis keeps what it can make again: in the cache, not beside the design."""
    folder = files.cache_folder()
    if folder is None or "HYPOTHESIS_STORAGE_DIRECTORY" in os.environ:
        return ""
    return str(folder.with_name("hypothesis"))


def _plain(options: FuzzOptions) -> list[tuple[str, object]]:
    """The options as data, by the names that they have on the command line."""
    return [
        ("examples", options.examples),
        ("time", options.seconds),
        ("seed", options.seed),
        ("jobs", options.jobs),
        ("property", list(options.properties)),
        ("param", dict(options.params)),
        ("expect", options.expectations),
    ]


def _run(names: list[str], options: FuzzOptions, on_terminal: bool) -> list[Report]:
    from dataclasses import replace

    from checker.fuzz import fuzz

    found = []
    with telling(on_terminal) as show:
        for name in names:

            def progress(done: int, total: int, name: str = name) -> None:
                show(f"{name}: {done} of {total}")

            path = Path("/dev/stdin" if name == files.STDIN else name)
            found.append(fuzz(path, replace(options, progress=progress)))
    if any(r.lines for r in found):
        # Modules among designs have nothing to be run.
        found = [r for r in found if not r.is_module or any(d.is_error for d in r.diagnostics)]
    return found


def _keep(folder: Path, reports: list[Report], tell: bool) -> None:
    """Each failure as a trace in a file of its own, by what is in it."""
    import hashlib

    from checker.report.json import trace_file
    from checker.verdict.verdict import Violated

    for report in reports:
        for line in report.lines:
            found = line.verdict.findings if isinstance(line.verdict, Violated) else ()
            for trace in (f.trace for f in found if f.trace is not None):
                words = trace_file(trace, report) + "\n"
                digest = hashlib.sha256(words.encode()).hexdigest()[:12]
                name = f"{Path(report.path).stem}-{trace.kind}-{digest}.json"
                to = folder / "traces" / name
                try:
                    to.parent.mkdir(parents=True, exist_ok=True)
                    files.write(str(to), words)
                except OSError as e:  # The verdict, and its exit code, stand all the same.
                    click.echo(f"`{to}` cannot be written: {e.strerror}", err=True)
                    return
                if tell:
                    click.echo(f"run it again: checker replay {to}")
