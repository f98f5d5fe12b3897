"""`checker verify`: proves the properties that a design asks for, or shows how they fail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete, files
from checker.commands import output as out
from checker.commands.exit_codes import ExitCode, combined, of_report
from checker.commands.options import (
    cpus,
    of_library,
    of_memory,
    of_params,
    of_properties,
    of_rlimit,
    of_timeout,
    params_of,
    plain_budget,
    properties_of,
)
from checker.commands.progress import Shown, telling
from checker.commands.trace_files import SUFFIXES, write_runs
from checker.report.run import Style, forms

if TYPE_CHECKING:
    from checker.kept import Kept
    from checker.options import Options
    from checker.report.report import Report


def _trace_files(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    names: tuple[str, ...],
) -> tuple[str, ...]:
    """Refused before the work is done, not after."""
    for name in names:
        if Path(name).suffix not in SUFFIXES:
            expected = " or ".join(f"FILE{s}" for s in SUFFIXES)
            raise click.BadParameter(f"`{name}`: expected {expected}.")
    return tuple(dict.fromkeys(names))


_USE = """\
\b
checker verify design.vq                          all that the design asks for
checker verify design.vq -p coverage --param n=2  one property, for one value
checker verify designs -q --write junit=out.xml   a folder, as in CI
"""


@click.command("verify", epilog=_USE)
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE|DIR...", shell_complete=complete.designs
)
@of_properties
@of_params
@of_library
@click.option("--no-expect", is_flag=True, help="Judge the design as if it had no `expect` lines.")
@of_timeout()
@of_rlimit
@of_memory
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, metavar="N",
              help="Obligations answered side by side (default: one a CPU).")  # fmt: skip
@click.option("--format", "form", type=click.Choice([*forms()]), default="text",
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option(
    "--write", "written", multiple=True, metavar="FORMAT=FILE", shell_complete=complete.formats,
    help="Also write the result in that format to a file, whole or not at all (may be repeated).",
)  # fmt: skip
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False),
    help="Write the result to a file instead, whole or not at all.",
)
@click.option(
    "--trace", "trace_files", type=click.Path(dir_okay=False), callback=_trace_files,
    metavar="FILE", multiple=True,
    help="Also write the run that shows the first violation, by its suffix: .svg (a lane for each"
    " agent), .json or .txt (may be repeated). Further runs of that property go to FILE-2, ...",
)  # fmt: skip
@click.option(
    "--certify", is_flag=True,
    help="Have each proof confirmed by a fresh Z3 and by cvc5, in processes of their own.",
)  # fmt: skip
@click.option(
    "--certificates", type=click.Path(file_okay=False), metavar="DIR",
    help="Certify, and keep the questions there: one SMT-LIB file each, with an index.json.",
)  # fmt: skip
@click.option(
    "--require-proof", is_flag=True,
    help="A property that holds only as far as was searched (`bounded`) counts as a failure.",
)  # fmt: skip
@click.option(
    "--no-cache", is_flag=True, envvar="VQCHECK_NO_CACHE",
    help="Verify anew, and keep nothing: no verdict of an earlier run is taken, none is kept.",
)  # fmt: skip
@click.option(
    "--verbose", "-v", is_flag=True, help="Also the lines of the design that each proof needed."
)
@click.option("--quiet", "-q", is_flag=True, help="Only what is not as expected, and warnings.")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
@click.option(
    "--exit-zero", is_flag=True, help="Exit with 0 whatever the verdicts (not for wrong input)."
)
def command(  # noqa: PLR0913  (one argument an option)
    paths: tuple[str, ...],
    names: tuple[str, ...],
    params: tuple[str, ...],
    library: Path | None,
    no_expect: bool,
    timeout: float,
    rlimit: int,
    memory: int,
    jobs: int | None,
    form: str,
    written: tuple[str, ...],
    output: str | None,
    trace_files: tuple[str, ...],
    certify: bool,
    certificates: str | None,
    require_proof: bool,
    no_cache: bool,
    verbose: bool,
    quiet: bool,
    no_color: bool,
    exit_zero: bool,
) -> int:
    """Prove the properties that designs ask for, or show the smallest way in which they fail.

    A directory stands for all *.vq files in it, without those of bundles below it; `-` is the
    standard input. `checker exit-codes` lists what it ends with.
    """
    from checker.engines.engine import Budget
    from checker.options import Options
    from checker.report.report import requiring_proof

    also = out.pairs(written)
    expanded = files.expand(paths)
    options = Options(
        Budget(rlimit, timeout, memory),
        jobs or cpus(),
        properties_of(names),
        params_of(params),
        not no_expect,
        _solvers() if certify or certificates else (),
        library=library,
    )
    more = [("require-proof", require_proof), ("cache", not no_cache)]
    made_with = out.provenance("verify", [*plain(options), *more])
    streams = form == "jsonl" and output is None  # A file is written whole, at the end.
    shown = Shown(streams, form == "text" and not quiet, made_with)
    kept = None if no_cache else kept_of(made_with.started)

    def one(name: str, options: Options) -> Report:
        report = verify_one(name, options, kept)
        return requiring_proof(report) if require_proof else report

    reports = _run(expanded, options, shown, one)
    code = combined(of_report(r) for r in reports)
    if exit_zero and code in (ExitCode.VIOLATED, ExitCode.VACUOUS, ExitCode.INCONCLUSIVE):
        code = ExitCode.OK
    run = out.run_of(made_with, reports, code)
    color = output is None and files.use_color(no_color)
    if shown.streams:
        shown.end(run)
    else:
        width = files.width() if output is None else None
        out.show(run, form, output, Style(color, quiet, verbose, width))
    out.write_all(run, also)
    for name in trace_files:
        write_runs(Path(name), reports)
    if certificates:
        _write_certificates(Path(certificates), reports)
    _tell_crashes(reports)
    return code


def plain(options: Options) -> list[tuple[str, object]]:
    """The options as data, by the names that they have on the command line."""
    return [
        *plain_budget(options),
        ("expect", options.expectations),
        ("certify", list(options.certify)),
    ]


def _solvers() -> tuple[str, ...]:
    """Both of them: a proof that only its own solver confirms is not certified."""
    from checker.engines.certify import SOLVERS, solvers

    found = solvers()
    missing = [name for name in SOLVERS if name not in found]
    if missing:
        raise click.UsageError(
            f"`--certify` needs {' and '.join(missing)}: pip install 'vqcheck[certify]'."
        )
    return found


def _run(
    names: list[str], options: Options, shown: Shown, one: Callable[[str, Options], Report]
) -> list[Report]:
    from dataclasses import replace

    reports, modules = [], []
    shown.start(files.shown(n) for n in names)
    with telling(shown.on_terminal) as tell:
        for k, name in enumerate(names):
            of = f"{name} ({k + 1} of {len(names)})" if len(names) > 1 else name
            following = _following(name, of, shown, tell)
            report = one(name, replace(options, progress=following))
            if report.is_module:
                modules.append(report)
                continue
            shown.design(report)
            reports.append(report)
    if any(r.lines for r in reports):
        # Modules among designs are read for those that use them; alone there is nothing to check.
        return reports
    for report in modules:
        shown.design(report)
    return [*reports, *modules]


def _following(
    name: str, of: str, shown: Shown, tell: Callable[[str], None]
) -> Callable[[str, int, int], None]:
    """What is called while a design is worked on."""
    last = ("", -1)

    def progress(what: str, done: int, total: int) -> None:
        nonlocal last
        tell(f"{of}: {done} of {total} {what}")
        if (what, done) != last:
            last = (what, done)
            shown.progress(files.shown(name), what, done, total)

    return progress


def verify_one(name: str, options: Options, kept: Kept | None) -> Report:
    """The report on a file; of an earlier run, if it is kept."""

    def anew(path: Path, options: Options) -> Report:
        from checker.verify import verify

        report = verify(path, options)
        if all(line.as_expected for line in report.lines):
            return report
        from checker.suggest import suggested

        return suggested(path, report, options)

    if name == files.STDIN:
        files.keep_input()
        return anew(Path("/dev/stdin"), options)
    path = Path(name)
    return anew(path, options) if kept is None else kept.verify(path, options, anew)


def kept_of(now: str) -> Kept | None:
    """The verdicts of earlier runs; None if there is no place for them."""
    from checker.kept import Kept

    folder = files.cache_folder()
    return Kept(folder, now) if folder else None


def _tell_crashes(reports: list[Report]) -> None:
    """Where an engine broke off, how it happened goes into a file."""
    from checker.commands import crash
    from checker.verdict.verdict import Failed

    for report in reports:
        for v in dict.fromkeys(line.verdict for line in report.lines):
            if isinstance(v, Failed):
                reason = f"{report.path}: {v.where}: {v.reason}"
                click.echo(crash.report(reason, v.details, sys.argv[1:]), err=True)


def _write_certificates(folder: Path, reports: list[Report]) -> None:
    from checker.report.certificates import certificate_files

    made = certificate_files(reports)
    if not made:
        click.echo(f"`{folder}` is not written: nothing is proved.", err=True)
        return
    try:
        files.write_folder(folder, made)
    except OSError as e:
        raise click.UsageError(f"`{folder}` cannot be written: {e.strerror}.") from e
