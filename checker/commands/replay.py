"""`checker replay`: runs a trace on the machine and shows both side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import files
from checker.commands.exit_codes import ExitCode

if TYPE_CHECKING:
    from checker.verdict.trace import Trace
    from model.design.design import Design
    from model.span import Source

    _Inputs = tuple[tuple[str, str], ...]

_MOST_BYTES = 64 << 20


@click.command("replay")
@click.argument("trace_path", metavar="TRACE.json", type=click.Path())
@click.argument("design_path", metavar="[DESIGN]", type=click.Path(), required=False)
@click.option("--library", type=click.Path(exists=True, file_okay=False, path_type=Path),
              metavar="DIR", help="Where `use lib....` starts, instead of the one installed.",
              )  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(
    trace_path: str, design_path: str | None, library: Path | None, form: str, no_color: bool
) -> int:
    """Run a trace on the machine and show both side by side.

    TRACE.json is what `verify --trace` and `fuzz` write; DESIGN is the design that it is of, unless
    it stands where the trace says. A trace that does not happen ends with exit code 6; with 3 if
    the design is not, any more, the one that it was written of.
    """
    from checker.language.load import load
    from checker.properties.property import properties
    from checker.report.diagnostics import render
    from checker.report.side_by_side import as_data, side_by_side
    from checker.verdict.confirm import Replayed, as_found, on_machine

    trace, inputs = _trace(trace_path)
    assert trace.of is not None  # A file says so, or is refused.
    path = Path(design_path or trace.of.design)
    if not path.is_file():
        hint = "" if design_path else " Name the design after the trace."
        raise click.UsageError(f"`{path}` does not exist.{hint}")
    loaded = load(path, {}, properties(), library)
    if loaded.design is None or any(d.is_error for d in loaded.diagnostics):
        click.echo(render(loaded.diagnostics, files.use_color(no_color)), nl=False, err=True)
        return ExitCode.SPEC
    differ = _changed(inputs, loaded.sources)
    why = unfit(trace, loaded.design)
    if why:
        click.echo(f"`{trace_path}` is no trace of `{path}`: {why}", err=True)
        _tell_changed(differ)
        return ExitCode.SPEC
    seen = on_machine(loaded.design, trace)
    if isinstance(seen, Replayed):
        seen = as_found(loaded.design, trace, seen)
    if form == "json":
        click.echo(json.dumps({**as_data(trace, seen), "changed": differ}, indent=2))
    else:
        click.echo(side_by_side(trace, seen, files.width()))
    if isinstance(seen, Replayed):
        return ExitCode.OK
    _tell_changed(differ)
    return ExitCode.SPEC if differ else ExitCode.DISAGREE


def _changed(inputs: _Inputs, sources: Iterable[Source]) -> list[str]:
    """The files of the design that the trace was written of that are other ones now, or gone.

    By what is in them: a design may have been moved. Nothing, if the trace does not say.
    """
    from checker.report.report import sha256

    there = {f"sha256:{sha256(s.text)}": s.path for s in sources}
    gone = [path for path, digest in inputs if digest not in there]
    new = [path for digest, path in there.items() if digest not in dict(inputs).values()]
    return gone or (new if inputs else [])


def _tell_changed(differ: list[str]) -> None:
    if differ:
        names = ", ".join(f"`{d}`" for d in differ)
        verb = "differs" if len(differ) == 1 else "differ"
        said = f"the design has changed since the trace was written: {names} {verb}"
        click.echo(said, err=True)


def _trace(name: str) -> tuple[Trace, _Inputs]:
    from checker.report.trace_file import WrongTrace, read_inputs, read_trace

    try:
        path = Path(name)
        if path.is_dir():
            raise click.UsageError(f"`{name}` is a directory.")
        with path.open("rb") as f:
            data = f.read(_MOST_BYTES + 1)
    except OSError as e:
        raise click.UsageError(f"`{name}` cannot be read: {e.strerror}.") from e
    try:
        if len(data) > _MOST_BYTES:
            raise WrongTrace("it is larger than a trace may be")
        text = data.decode("utf-8")
        return read_trace(text), read_inputs(text)
    except (WrongTrace, UnicodeDecodeError) as e:
        raise click.UsageError(f"`{name}` is not a trace: {e}.") from e


def unfit(trace: Trace, design: Design) -> str:
    """Why the design has no instance that the trace could be of; '' if it has."""
    from checker.verdict.allowed import not_allowed
    from checker.verdict.trace import setting_of
    from model.expr import Undefined
    from model.meaning.instance import Instance
    from model.meaning.layout import TooLarge
    from model.meaning.programs import Unsupported

    assert trace.of is not None
    setting = setting_of(design, trace.of)
    if setting is None:
        return f"it has no device `{trace.of.device}`"
    try:
        instance = Instance(design, setting)
        names = [r.name for r in instance.sources]
        unknown = [a for a in trace.of.active if a not in names]
        if unknown:
            return f"`{trace.of.device}` has no source `{unknown[0]}` for these values"
        if trace.of.numbers and len(trace.of.numbers) != len(instance.lines):
            return f"{len(trace.of.numbers)} numbers for {len(instance.lines)} lines"
        instance.system(frozenset(trace.of.active))
        why = not_allowed(design, setting, instance)
        if why:
            return why
    except KeyError as e:
        return f"it gives no value to {e}"
    except (Undefined, TooLarge, Unsupported) as e:
        return str(e)
    return ""
