"""`checker bundle`: writes a design with all that is known of it, to be kept and checked again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete, files
from checker.commands import output as out
from checker.commands.exit_codes import ExitCode, of_report
from checker.commands.options import (
    cpus,
    of_library,
    of_memory,
    of_params,
    of_properties,
    of_rlimit,
    of_timeout,
    one_file,
    params_of,
    properties_of,
)
from checker.commands.progress import telling

if TYPE_CHECKING:
    from checker.bundle.freeze import Frozen
    from checker.bundle.make import Asked, Frame, Made
    from checker.report.report import Report
    from checker.report.run import Provenance, Run

_MOST_BYTES = 64 << 20


@click.command("bundle")
@click.argument("path", metavar="FILE", shell_complete=complete.designs)
@click.option(
    "--output", "-o", required=True, metavar="DIR|FILE.tar.gz", type=click.Path(),
    help="A folder, or an archive of one. Written whole or not at all; a bundle there is replaced.",
)  # fmt: skip
@of_properties
@of_params
@of_library
@of_timeout(ends=", and for each question to a solver")
@of_rlimit
@of_memory
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, metavar="N",
              help="Obligations answered side by side (default: one a CPU).")  # fmt: skip
@click.option("--no-proofs", is_flag=True, help="Without cvc5's own proofs, which can be large.")
@click.option(
    "--fuzz", "given_fuzz", metavar="FILE", type=click.Path(exists=True, dir_okay=False),
    help="A result of `checker fuzz --format json` on the same texts, instead of a short campaign.",
)  # fmt: skip
@click.option("--fuzz-examples", type=click.IntRange(0), default=200, metavar="N",
              show_default=True, help="Runs by chance of each kind of device (0: none).",
              )  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, metavar="N", show_default=True,
              help="Of the runs by chance.")  # fmt: skip
@click.option(
    "--mutation", metavar="FILE", type=click.Path(exists=True, dir_okay=False),
    help="A result of mutations of the same texts (`checker mutate --format json`), to go with it.",
)  # fmt: skip
def command(  # noqa: PLR0913  (one argument an option)
    path: str,
    output: str,
    names: tuple[str, ...],
    params: tuple[str, ...],
    library: Path | None,
    timeout: float,
    rlimit: int,
    memory: int,
    jobs: int | None,
    no_proofs: bool,
    given_fuzz: str | None,
    fuzz_examples: int,
    seed: int,
    mutation: str | None,
) -> int:
    """Write a design with all that is known of it, to be kept and checked again.

    Its texts, the results, the questions that proofs rest on as SMT-LIB, cvc5's proofs, invariants,
    runs with what the machine did, statistics of fuzzing, versions; a README.md for a reviewer who
    was not there; `recheck.sh`, which needs a solver only. Nothing says when it was made: made
    again, it has the same bytes. Ends with what `checker verify` would end with.
    """
    from checker.bundle.make import FUZZ, MUTATION, Asked, Frame
    from checker.engines.certify import solvers

    name = one_file(path, "a bundle is about")
    _may_be_written(Path(output))
    asked = Asked(
        rlimit, timeout, memory, properties_of(names), tuple(sorted(params_of(params).items())),
        certify=solvers(), proofs=not no_proofs, fuzz=fuzz_examples, seed=seed,
    )  # fmt: skip
    given = {n: _read(p) for n, p in ((FUZZ, given_fuzz), (MUTATION, mutation)) if p is not None}
    frozen = _frozen(name, asked, library)
    if frozen is None:
        return ExitCode.SPEC
    if given_fuzz:
        _same_texts(given_fuzz, given[FUZZ], frozen)
    if mutation:
        _same_mutated(mutation, given[MUTATION], frozen)
    with telling(True) as tell:
        frame = Frame(finish, jobs or cpus(), lambda w, n, of: tell(f"{name}: {n} of {of} {w}"))
        made = _made(frozen, asked, given, frame)
    (report,) = made.run.reports
    if report.is_wrong:
        _tell(report)
        return ExitCode.SPEC
    if not report.lines:
        click.echo(f"`{output}` is not written: nothing is asked of `{name}`.", err=True)
        return ExitCode.VACUOUS
    _write(Path(output), made)
    _say(output, made)
    return made.run.exit_code


def finish(made_with: Provenance, report: Report) -> Run:
    """The run of one design, with what it ends with."""
    return out.run_of(made_with, [report], ExitCode(of_report(report)))


def _may_be_written(to: Path) -> None:
    """Refused before the work is done, not after; `_write` still has the last word."""
    from checker.bundle.store import MANIFEST, is_archive

    if is_archive(to):
        return
    if to.exists() and not to.is_dir():
        raise click.UsageError(f"`{to}` is a file, and its name does not end in .tar.gz.")
    if to.is_dir() and any(to.iterdir()) and not (to / MANIFEST).is_file():
        raise click.UsageError(f"`{to}` holds other things already.")


def _read(name: str) -> bytes:
    import json

    try:
        data = Path(name).read_bytes()
        if len(data) > _MOST_BYTES:
            raise ValueError("it is too large")
        if not isinstance(json.loads(data), dict):
            raise ValueError("it is no object")
    except OSError as e:
        raise click.UsageError(f"`{name}` cannot be read: {e.strerror}.") from e
    except (ValueError, RecursionError) as e:
        raise click.UsageError(f"`{name}` is not JSON that can be used: {e}.") from e
    return data


def _frozen(name: str, asked: Asked, library: Path | None) -> Frozen | None:
    """The texts; None, with what is wrong with them said, if they are no design."""
    from checker.bundle.freeze import freeze
    from checker.language.load import load
    from checker.properties.property import properties
    from checker.report.diagnostics import render

    loaded = load(Path(name), dict(asked.params), properties(), library)
    if loaded.design is None:
        click.echo(render(loaded.diagnostics, files.use_color(False)), nl=False, err=True)
        return None
    return freeze(Path(name), loaded, library)


def _made(frozen: Frozen, asked: Asked, given: Mapping[str, bytes], frame: Frame) -> Made:
    from checker.bundle.make import make

    with tempfile.TemporaryDirectory(prefix="vqcheck-") as folder:
        for at, text in frozen.texts.items():
            to = Path(folder, at)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(text.encode())
        return make(Path(folder), frozen.design, asked, given, frame)


def _tell(report: Report) -> None:
    from checker.report.diagnostics import render

    click.echo(render(report.diagnostics, files.use_color(False)), nl=False, err=True)


def _same_texts(name: str, data: bytes, frozen: Frozen) -> None:
    """A result of fuzzing has to be of the same texts, whatever their paths were."""
    import json

    from checker.report.schema_check import wrong

    result = json.loads(data)
    why = next(wrong(result), "")
    if why or result["command"] != "fuzz":
        raise click.UsageError(f"`{name}` is not a result of `checker fuzz --format json`: {why}.")
    if [d["digest"] for d in result["designs"]] != [f"sha256:{frozen.digest}"]:
        raise click.UsageError(f"`{name}` is a result of other texts.")


def _same_mutated(name: str, data: bytes, frozen: Frozen) -> None:
    import json

    from checker.bundle.mutation import unfit
    from checker.report.report import sha256

    why = unfit(json.loads(data), map(sha256, frozen.texts.values()))
    if why:
        raise click.UsageError(f"`{name}` does not go with it: {why}.")


def _write(to: Path, made: Made) -> None:
    from checker.bundle.store import MANIFEST, archive, is_archive

    try:
        if is_archive(to):
            (report,) = made.run.reports
            to.parent.mkdir(parents=True, exist_ok=True)
            files.write_bytes(str(to), archive(made.files, f"{Path(report.path).stem}-bundle"))
        else:
            files.write_folder(to, made.files, MANIFEST)
    except OSError as e:
        raise click.UsageError(f"`{to}` cannot be written: {e.strerror}.") from e


def _say(output: str, made: Made) -> None:
    from checker.bundle.store import seal

    scripts = sum(n.endswith(".smt2") for n in made.files)
    click.echo(f"{output}: {made.run.meaning} (exit code {made.run.exit_code})")
    click.echo(f"  {len(made.files)} files, {scripts} scripts that have no model")
    click.echo(f"  seal: sha256 {seal(made.files)}")
    for words in made.missing:
        click.echo(f"  not in it: {words}")
