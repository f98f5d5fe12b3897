"""`checker mutate`: changes a design in small ways, and shows which changes no property notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete, files
from checker.commands import output as out
from checker.commands.exit_codes import ExitCode, combined, of_report
from checker.commands.options import (
    cpus,
    of_memory,
    of_params,
    of_properties,
    of_rlimit,
    of_timeout,
    one_file,
    params_of,
    plain_budget,
    properties_of,
)
from checker.commands.progress import telling
from checker.report.run import Style

if TYPE_CHECKING:
    from checker.mutation.result import Mutation
    from checker.mutation.run import Wish
    from checker.options import Options
    from checker.report.report import Report
    from checker.report.run import Provenance


def _operators(
    _ctx: click.Context,
    _param: click.Parameter,
    incomplete: str,
) -> list[str]:
    from checker.mutation.operators import OPERATORS

    return [o.name for o in OPERATORS if o.name.startswith(incomplete)]


@click.command("mutate")
@click.argument("path", metavar="FILE", shell_complete=complete.designs)
@of_properties
@of_params
@click.option(
    "--operator", "operators", multiple=True, metavar="NAME", shell_complete=_operators,
    help="Only this kind of change (may be repeated); `list` tells which there are.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), metavar="N",
    help="Verify at most so many mutants, spread over the operators.",
)  # fmt: skip
@click.option("--with-library", is_flag=True,
              help="Also change the library modules that the design uses, where it uses them.",
              )  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, metavar="N",
              help="Which of them, with --limit.")  # fmt: skip
@click.option(
    "--at-least", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="End with 1 if the score is lower; with 4 if that depends on what is undecided.",
)  # fmt: skip
@of_timeout(20.0)
@of_rlimit
@of_memory
@click.option("--jobs", "-j", type=click.IntRange(1), default=None, metavar="N",
              help="Mutants verified side by side (default: one a CPU).")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option("--output", "-o", type=click.Path(dir_okay=False),
              help="Write it to a file, whole or not at all.")  # fmt: skip
@click.option("--verbose", "-v", is_flag=True, help="Also what killed each mutant.")
@click.option("--quiet", "-q", is_flag=True, help="Only the score.")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(  # noqa: PLR0913  (one argument an option)
    path: str,
    names: tuple[str, ...],
    params: tuple[str, ...],
    operators: tuple[str, ...],
    limit: int | None,
    with_library: bool,
    seed: int,
    at_least: float | None,
    timeout: float,
    rlimit: int,
    memory: int,
    jobs: int | None,
    form: str,
    output: str | None,
    verbose: bool,
    quiet: bool,
    no_color: bool,
) -> int:
    """Change a design in small ways, verify each mutant, and show what no property notices.

    A mutant is killed if a property that holds for the design does not hold for it. What survives
    is another way to write the same, or something that the properties do not ask. What is changed
    is what the design's own files say, not modules of `use lib....`; no file is written. Ends with
    0 whatever the score is, unless --at-least is given; with 5 if there is nothing to change, or no
    property that holds and so could notice it.
    """
    from checker.engines.engine import Budget
    from checker.mutation.run import Wish
    from checker.options import Options

    if "list" in operators:
        click.echo(_list())
        return ExitCode.OK
    design = one_file(path, "mutants are made of")
    options = Options(
        Budget(rlimit, timeout, memory),
        jobs or cpus(),
        properties_of(names),
        params_of(params),
    )
    wish = Wish(_known(operators), limit or 0, seed, with_library)
    made_with = out.provenance("mutate", _plain(options, wish, at_least))
    shows = form == "text" and not quiet
    report, mutation = _run(design, options, wish, shows)
    if mutation is None or not mutation.counted:
        return _nothing(report, mutation, made_with)
    code = _code(mutation, at_least)
    words = _words(mutation, made_with, code, form, Style(_color(output, no_color), quiet, verbose))
    if output:
        out.write(Path(output), words)
    else:
        click.echo(words)
    return code


def _color(output: str | None, no_color: bool) -> bool:
    return output is None and files.use_color(no_color)


def _list() -> str:
    from checker.mutation.operators import OPERATORS

    width = max(len(o.name) for o in OPERATORS)
    return "\n".join(f"{o.name.ljust(width)}  {o.words}" for o in OPERATORS)


def _known(operators: tuple[str, ...]) -> tuple[str, ...]:
    from difflib import get_close_matches

    from checker.mutation.operators import OPERATORS

    known = [o.name for o in OPERATORS]
    for name in operators:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise click.UsageError(
                f"There is no operator `{name}`.{hint} `--operator list` tells which there are."
            )
    return tuple(dict.fromkeys(operators))


def _plain(options: Options, wish: Wish, at_least: float | None) -> list[tuple[str, object]]:
    """The options as data, by the names that they have on the command line."""
    return [
        *plain_budget(options),
        ("operator", list(wish.operators)),
        ("limit", wish.limit or None),
        ("seed", wish.seed),
        ("with-library", wish.library),
        ("at-least", at_least),
    ]


def _run(
    name: str, options: Options, wish: Wish, on_terminal: bool
) -> tuple[Report, Mutation | None]:
    from dataclasses import replace

    from checker.mutation.run import mutate

    with telling(on_terminal) as tell:
        return mutate(Path(name), replace(options, progress=_following(name, tell)), wish)


def _following(name: str, tell: Callable[[str], None]) -> Callable[[str, int, int], None]:
    def progress(what: str, done: int, total: int) -> None:
        tell(f"{name}: {done} of {total} {what}")

    return progress


def _nothing(report: Report, mutation: Mutation | None, made_with: Provenance) -> ExitCode:
    """What is said where no mutant could be judged."""
    code = of_report(report)
    if report.is_wrong or code in (ExitCode.DISAGREE, ExitCode.INTERNAL):
        run = out.run_of(made_with, [report], code)
        out.show(run, "text", None, Style(quiet=True))
        return code
    if mutation is None and code is ExitCode.INCONCLUSIVE:
        click.echo(f"{report.path}: no property is known to hold, so none could notice a change")
        return code
    if mutation is None:
        why = "no property holds, so none could notice a change"
    elif not mutation.tried:
        why = "there is nothing to change"
        if mutation.left_out:
            why += " in its own files; with --with-library there is, in library modules it uses"
    else:
        why = "no change that was tried makes another design that could be run"
    click.echo(f"{report.path}: {why}")
    return ExitCode.VACUOUS


def _code(m: Mutation, at_least: float | None) -> ExitCode:
    codes = [ExitCode.OK]
    found = {getattr(x.fate, "outcome", "") for x in m.with_fate("broken")}
    codes += [ExitCode.DISAGREE] * ("disagree" in found) + [ExitCode.INTERNAL] * ("error" in found)
    if at_least is not None and m.percent < at_least:
        codes.append(ExitCode.VIOLATED if m.best < at_least else ExitCode.INCONCLUSIVE)
    return combined(codes)


def _words(m: Mutation, made_with: Provenance, code: ExitCode, form: str, style: Style) -> str:
    from checker.report import mutation_json, mutation_text

    if form == "json":
        return json.dumps(mutation_json.as_data(m, made_with, int(code)), indent=2)
    if style.quiet:
        return mutation_text.score(m)
    return mutation_text.text(m, style.color, style.verbose)
