"""`checker export`: writes an instance of a design for another tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete, files
from checker.commands.exit_codes import ExitCode

if TYPE_CHECKING:
    from checker.engines.run_question import RunObligation, Tried
    from model.design.design import Design
    from model.kernel.system import System


@click.command("export")
@click.argument("path", metavar="FILE", shell_complete=complete.designs)
@click.option("--to", "form", type=click.Choice(["promela", "c"]), default="promela",
              show_default=True, help="For SPIN, or a program in C that searches.")  # fmt: skip
@click.option("--property", "-p", "prop", default="no_lost_notifications", metavar="NAME",
              show_default=True, help="The property whose instances are meant.")  # fmt: skip
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE",
    shell_complete=complete.params_of_it,
              help="Fix a parameter of the design (may be repeated).")  # fmt: skip
@click.option("--subject", metavar="WORDS",
              help="Which devices, mode and trigger, as --list has them (default: the first).",
              )  # fmt: skip
@click.option("--instance", "number", type=click.IntRange(1), metavar="N",
              help="Which instance, as --list numbers them (default: the counterexample, "
              "else the one with the most states).")  # fmt: skip
@click.option("--list", "listed", is_flag=True, help="List the instances instead.")
@click.option("--output", "-o", type=click.Path(dir_okay=False),
              help="Write it to a file, whole or not at all.")  # fmt: skip
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(  # noqa: PLR0913  (one argument an option)
    path: str,
    form: str,
    prop: str,
    params: tuple[str, ...],
    subject: str | None,
    number: int | None,
    listed: bool,
    output: str | None,
    no_color: bool,
) -> int:
    """Write an instance of a design as a model for another tool.

    For SPIN: an assertion in the model is violated exactly if the instance can lose a notification.
    As C: a program of its own that visits every state, some millions a second.
    """
    from checker.language.load import load
    from checker.properties.property import properties
    from checker.report.diagnostics import render

    _known(prop)
    (name,) = files.expand([path])
    loaded = load(
        Path("/dev/stdin" if name == files.STDIN else name), _values(params), properties()
    )
    if loaded.design is None or any(d.is_error for d in loaded.diagnostics):
        click.echo(render(loaded.diagnostics, files.use_color(no_color)), nl=False)
        return ExitCode.SPEC
    chosen = _chosen(prop, loaded.design, subject)
    if not chosen:
        click.echo(f"{name}: {properties()[prop].nothing}", err=True)
        return ExitCode.VACUOUS
    if listed:
        return _list(chosen, output)
    return _model(chosen[0], form, number, output)


def _known(prop: str) -> None:
    from difflib import get_close_matches

    from checker.properties.property import properties

    if prop not in properties():
        near = get_close_matches(prop, properties(), 1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        raise click.UsageError(f"There is no property `{prop}`.{hint}")


def _values(given: tuple[str, ...]) -> dict[str, int]:
    from checker.commands.show import number

    out: dict[str, int] = {}
    for item in given:
        name, value = number(item, "param")
        if out.setdefault(name, value) != value:
            raise click.UsageError(f"`--param {name}` is given twice with different values.")
    return out


def _chosen(prop: str, design: Design, subject: str | None) -> list[RunObligation]:
    """The subjects that are meant, those of this very name before those with the words in it."""
    from checker.engines.run_question import RunObligation
    from checker.properties.property import properties

    every = list(properties()[prop].obligations(design))
    some = [o for o in every if isinstance(o, RunObligation)]
    if every and not some:
        raise click.UsageError(f"`{prop}` asks about maps, not about runs: it has no instances.")
    if subject is None or not some:
        return some
    found = [o for o in some if o.subject == subject] or [o for o in some if subject in o.subject]
    if not found:
        there = "; ".join(o.subject for o in some)
        raise click.UsageError(f"There is no subject `{subject}`. There are: {there}.")
    return found


def _tried(obligation: RunObligation) -> list[Tried]:
    from checker.engines.engine import Budget
    from checker.engines.runs import instances

    found = instances(obligation, Budget())
    for words in found.open:
        click.echo(f"{obligation.subject}: {words}", err=True)
    return list(found.tried)


def _list(chosen: Sequence[RunObligation], output: str | None) -> int:
    blocks = []
    for o in chosen:
        lines = [f"{k:>4}  {t.words}" for k, t in enumerate(_tried(o), 1)]
        blocks.append("\n".join([o.subject, *(lines or ["      no instance"])]))
    _put("\n\n".join(blocks) + "\n", output)
    return ExitCode.OK


def _model(obligation: RunObligation, form: str, number: int | None, output: str | None) -> int:
    tried = _tried(obligation)
    if not tried:
        click.echo(f"{obligation.subject}: there is no instance", err=True)
        return ExitCode.INCONCLUSIVE
    if number is not None and number > len(tried):
        raise click.UsageError(f"`--instance {number}`: there are {len(tried)} (see --list).")
    told = _telling(tried) if number is None else tried[number - 1]
    if told is None:
        click.echo(f"{obligation.subject}: every instance has too many states", err=True)
        return ExitCode.INCONCLUSIVE
    _put(_writer(form)(told.system, told.words), output)
    return ExitCode.OK


def _writer(form: str) -> Callable[[System, str], str]:
    if form == "promela":
        from checker.export.promela import promela

        return promela
    from checker.export.search import search

    return search


def _telling(tried: Sequence[Tried]) -> Tried | None:
    from checker.engines.run_search import telling

    told = telling(tried)
    if told is None:
        return None
    if told.endless:
        # A model without fairness cannot ask for it; who exports it should know.
        why = "a run goes on for ever, which the assertion does not ask about"
        click.echo(f"{told.tried.words}: {why}", err=True)
    return told.tried


def _put(words: str, output: str | None) -> None:
    if output is None:
        click.echo(words, nl=False)
        return
    try:
        files.write(output, words)
    except OSError as e:
        raise click.UsageError(f"`{output}` cannot be written: {e.strerror}.") from e
