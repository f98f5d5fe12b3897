"""`checker report`: writes what is known of a design as a page for people who were not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete
from checker.commands import output as out
from checker.commands.exit_codes import ExitCode, of_report
from checker.commands.options import (
    cpus,
    of_params,
    of_rlimit,
    of_timeout,
    one_file,
    params_of,
)
from checker.commands.verify import kept_of, plain, verify_one

if TYPE_CHECKING:
    from checker.mutation.result import Mutation
    from checker.options import Options
    from checker.report.page import Page


@click.command("report")
@click.argument("path", metavar="FILE", shell_complete=complete.designs)
@click.option(
    "--output", "-o", type=click.Path(file_okay=False), default="report", show_default=True,
    help="The folder; the page in it is index.html. Other files in it stay.",
)  # fmt: skip
@of_params
@of_timeout()
@of_rlimit
@click.option(
    "--mutation", "mutation_file", type=click.Path(dir_okay=False), metavar="FILE.json",
    help="Also what `checker mutate --format json -o FILE.json` wrote about the design.",
)  # fmt: skip
@click.option(
    "--no-cache", is_flag=True, envvar="VQCHECK_NO_CACHE",
    help="Verify anew, and keep nothing.",
)  # fmt: skip
def command(  # noqa: PLR0913  (one argument an option)
    path: str,
    output: str,
    params: tuple[str, ...],
    timeout: float,
    rlimit: int,
    mutation_file: str | None,
    no_cache: bool,
) -> int:
    """Write what is known of a design as one page of HTML that needs no network.

    The design drawn, what was asked and what came out, each violation step by step, each proof with
    what it needed, and what all of it assumes. Ends with what `checker verify` would end with.
    """
    from checker.engines.engine import Budget
    from checker.options import Options
    from checker.report.page import page

    name = one_file(path, "a report is about")
    options = Options(Budget(rlimit, timeout), cpus(), params=params_of(params))
    mutation = _mutation(Path(mutation_file)) if mutation_file else None
    made = _page(name, options, no_cache, mutation)
    to = Path(output) / "index.html"
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise click.UsageError(f"`{output}` cannot be made: {e.strerror}.") from e
    out.write(to, page(made))
    click.echo(f"{to}: {made.run.meaning} (exit code {made.run.exit_code})")
    return made.run.exit_code


def _mutation(path: Path) -> Mutation:
    """What `checker mutate` wrote into a file."""
    from checker.report.mutation_json import NotOne, from_text

    try:
        return from_text(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise click.UsageError(f"`{path}` cannot be read: {e.strerror}.") from e
    except (UnicodeDecodeError, NotOne) as e:
        raise click.UsageError(f"`{path}` is no mutation result: {e}.") from e


def _page(name: str, options: Options, no_cache: bool, mutation: Mutation | None) -> Page:
    from checker.language.load import load
    from checker.paged import page_of
    from checker.properties.property import properties
    from checker.report.report import sha256

    made_with = out.provenance("verify", [*plain(options), ("cache", not no_cache)])
    report = verify_one(name, options, None if no_cache else kept_of(made_with.started))
    loaded = load(Path(name), options.params, properties())
    read = [sha256(s.text) for s in loaded.sources]
    if read != [i.sha256 for i in report.inputs]:
        raise click.UsageError(f"`{name}` was changed while it was read; try again.")
    if mutation and sorted(sha for _, sha in mutation.inputs) != sorted(read):
        raise click.UsageError(f"The mutation result is about other texts than `{name}` has now.")
    run = out.run_of(made_with, [report], ExitCode(of_report(report)))
    return page_of(run, report, loaded, mutation)
