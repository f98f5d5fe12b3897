"""`checker verify`: proves the properties that a design asks for, or shows how they fail."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import files
from checker.commands.exit_codes import ExitCode, combined

if TYPE_CHECKING:
    from checker.report.report import Report
    from checker.verdict.trace import Trace
    from checker.verify import Options


def _known_properties(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    from checker.properties.property import properties

    return [name for name in properties() if name.startswith(incomplete)]


def _trace_file(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    name: str | None,
) -> str | None:
    """Refused before the work is done, not after."""
    if name is not None and Path(name).suffix not in (".svg", ".json"):
        raise click.BadParameter(f"`{name}`: expected FILE.svg or FILE.json.")
    return name


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR...")
@click.option(
    "--property", "-p", "names", multiple=True, shell_complete=_known_properties,
    help="Only this property, whatever the design asks for (may be repeated).",
)  # fmt: skip
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE",
    help="Fix a parameter of the design (may be repeated).",
)  # fmt: skip
@click.option("--no-expect", is_flag=True, help="Judge the design as if it had no `expect` lines.")
@click.option(
    "--timeout", type=click.FloatRange(0.0, min_open=True), default=60.0, metavar="SECONDS",
    show_default=True, help="Wall clock for each obligation; it is killed then.",
)  # fmt: skip
@click.option(
    "--rlimit", type=click.IntRange(0), default=100_000_000, metavar="N", show_default=True,
    help="Z3's own count of work for each check: the reproducible budget (0: none).",
)  # fmt: skip
@click.option(
    "--memory", type=click.IntRange(0), default=4096, metavar="MIB", show_default=True,
    help="Address space for each obligation (0: no limit).",
)  # fmt: skip
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, metavar="N",
              help="Obligations answered side by side (default: one a CPU).")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False),
    help="Write it to a file, whole or not at all.",
)
@click.option(
    "--trace", "trace_file", type=click.Path(dir_okay=False), callback=_trace_file, metavar="FILE",
    help="Also write the run that shows the first violation, by its suffix: .svg (a lane for each"
    " agent) or .json. Further runs of that property go to FILE-2, FILE-3, ...",
)  # fmt: skip
@click.option(
    "--certify", is_flag=True,
    help="Have each proof confirmed by Z3 and by cvc5, in processes of their own.",
)  # fmt: skip
@click.option(
    "--certificates", type=click.Path(file_okay=False), metavar="DIR",
    help="Certify, and keep the questions there: one SMT-LIB file each, with an index.json.",
)  # fmt: skip
@click.option("--verbose", "-v", is_flag=True, help="Also what each proof needed.")
@click.option("--quiet", "-q", is_flag=True, help="Only what is not as expected.")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
@click.option(
    "--exit-zero", is_flag=True, help="Exit with 0 whatever the verdicts (not for wrong input)."
)
def command(  # noqa: PLR0913  (one argument an option)
    paths: tuple[str, ...],
    names: tuple[str, ...],
    params: tuple[str, ...],
    no_expect: bool,
    timeout: float,
    rlimit: int,
    memory: int,
    jobs: int | None,
    form: str,
    output: str | None,
    trace_file: str | None,
    certify: bool,
    certificates: str | None,
    verbose: bool,
    quiet: bool,
    no_color: bool,
    exit_zero: bool,
) -> int:
    """Prove the properties that designs ask for, or show the smallest way in which they fail.

    A directory stands for all *.vq files in it. `checker exit-codes` lists what it ends with.
    """
    from checker.engines.engine import Budget
    from checker.verify import Options

    expanded = files.expand(paths)
    options = Options(
        Budget(rlimit, timeout, memory),
        jobs or _cpus(),
        _properties(names),
        _params(params),
        not no_expect,
        _solvers() if certify or certificates else (),
    )
    reports = _run(expanded, options, interactive=form == "text" and not quiet)
    if any(r.lines for r in reports):
        # Modules among designs are read for those that use them; alone there is nothing to check.
        reports = [r for r in reports if not r.is_module or _code(r) == ExitCode.SPEC]
    code = combined(_code(r) for r in reports)
    if exit_zero and code in (ExitCode.VIOLATED, ExitCode.VACUOUS, ExitCode.INCONCLUSIVE):
        code = ExitCode.OK
    color = output is None and files.use_color(no_color)
    words = _shown(reports, code, form, color, quiet, verbose)
    if output:
        _write(Path(output), words)
    elif words:
        click.echo(words)
    if trace_file:
        _write_runs(Path(trace_file), reports)
    if certificates:
        _write_certificates(Path(certificates), reports)
    return code


def _cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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


def _properties(names: tuple[str, ...]) -> tuple[str, ...]:
    from difflib import get_close_matches

    from checker.properties.property import properties

    known = properties()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise click.UsageError(
                f"There is no property `{name}`.{hint} There are: {', '.join(known)}."
            )
    return tuple(dict.fromkeys(names))


def _params(given: tuple[str, ...]) -> dict[str, int]:
    out: dict[str, int] = {}
    for item in given:
        name, equals, value = item.partition("=")
        number: int | None
        try:
            number = int(value, 0)
        except ValueError:
            number = None
        if not equals or not name or number is None:
            raise click.UsageError(f"`--param {item}`: expected NAME=VALUE with a whole number.")
        if name in out and out[name] != number:
            raise click.UsageError(f"`--param {name}` is given twice with different values.")
        out[name] = number
    return out


def _run(names: list[str], options: Options, interactive: bool) -> list[Report]:
    from dataclasses import replace

    from checker.verify import verify

    reports = []
    with _progress(interactive) as show:
        for k, name in enumerate(names):
            of = f"{name} ({k + 1} of {len(names)})" if len(names) > 1 else name

            def progress(what: str, done: int, total: int, of: str = of) -> None:
                show(f"{of}: {done} of {total} {what}")

            path = Path("/dev/stdin" if name == files.STDIN else name)
            reports.append(verify(path, replace(options, progress=progress)))
    return reports


@contextmanager
def _progress(wanted: bool) -> Iterator[Callable[[str], None]]:
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


def _code(report: Report) -> ExitCode:
    """What one design ends with."""
    from checker.verdict.verdict import outcome

    if any(d.is_error for d in report.diagnostics):
        return ExitCode.SPEC
    if all(outcome(line.verdict) == "skipped" and line.as_expected for line in report.lines):
        return ExitCode.VACUOUS
    by_outcome = {
        "violated": ExitCode.VIOLATED,
        "vacuous": ExitCode.VACUOUS,
        "unknown": ExitCode.INCONCLUSIVE,
        "skipped": ExitCode.INCONCLUSIVE,
        "holds": ExitCode.VIOLATED,  # Where a violation is expected and there is none.
        "disagree": ExitCode.DISAGREE,
    }
    found = [outcome(line.verdict) for line in report.lines]
    codes = [by_outcome[o] for o, x in zip(found, report.lines, strict=True) if not x.as_expected]
    if "disagree" in found:
        codes.append(ExitCode.DISAGREE)
    return combined(codes)


def _shown(
    reports: list[Report], code: ExitCode, form: str, color: bool, quiet: bool, verbose: bool
) -> str:
    if form == "json":
        from checker.report.json import as_data

        data = as_data(reports, int(code), _versions())
        return json.dumps(data, indent=2)
    from checker.report.text import text

    parts = [text(r, color=color, quiet=quiet, verbose=verbose) for r in reports]
    if not quiet:
        parts.append(_last_line(reports, code))
    return "\n\n".join(p for p in parts if p)


def _last_line(reports: list[Report], code: ExitCode) -> str:
    lines = [line for r in reports for line in r.lines]
    good = sum(line.as_expected for line in lines)
    wrong = sum(any(d.is_error for d in r.diagnostics) for r in reports)
    seconds = sum(r.seconds for r in reports)
    words = f"{good} of {len(lines)} properties as expected" if lines else "nothing was checked"
    if len(reports) > 1:
        words += f" in {len(reports)} designs"
    if wrong:
        words += f", {wrong} design{'' if wrong == 1 else 's'} with errors"
    return f"{words}, {seconds:.2f} s (exit code {int(code)})"


def _write_runs(path: Path, reports: list[Report]) -> None:
    """The runs of the first property that has any; the first in the file, the others beside it."""
    runs = _first_runs(reports)
    if not runs:
        click.echo(f"`{path}` is not written: no violation is shown by a run.", err=True)
    texts = [
        _drawn(trace, title) if path.suffix == ".svg" else _data(trace) for trace, title in runs
    ]
    for n, words in enumerate(texts, 1):
        to = path if n == 1 else path.with_name(f"{path.stem}-{n}{path.suffix}")
        _write(to, words)


def _first_runs(reports: list[Report]) -> list[tuple[Trace, str]]:
    """Each with its title."""
    from checker.verdict.verdict import Violated

    for report in reports:
        for line in report.lines:
            if not isinstance(line.verdict, Violated):
                continue
            some = [f for f in line.verdict.findings if f.trace is not None]
            out = []
            for n, f in enumerate(some, 1):
                many = f" ({n} of {len(some)})" if len(some) > 1 else ""
                pins = "".join(f", {k} = {v}" for k, v in f.pins)
                title = f"{line.name} violated{many}: {os.path.normpath(report.path)}{pins}"
                if f.trace is not None:
                    out.append((f.trace, title))
            if out:
                return out
    return []


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


def _drawn(trace: Trace, title: str) -> str:
    from checker.report.lanes import lanes

    return lanes(trace, title)


def _data(trace: Trace) -> str:
    from checker.report.json import SCHEMA_VERSION, trace_data

    return json.dumps({"schema_version": SCHEMA_VERSION, **trace_data(trace)}, indent=2)


def _versions() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    return {"python": platform.python_version(), "z3": version("z3-solver")}


def _write(path: Path, words: str) -> None:
    try:
        files.write(str(path), words + "\n")
    except OSError as e:
        raise click.UsageError(f"`{path}` cannot be written: {e.strerror}.") from e
