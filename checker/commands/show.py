"""`checker show`: lays a design out for given values: each queue, its line, who serves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import files
from checker.commands.exit_codes import ExitCode

if TYPE_CHECKING:
    from model.design.design import Design
    from model.design.device import Device
    from model.expr import Value
    from model.meaning.layout import Layout, Row


@click.command("show")
@click.argument("path", metavar="FILE")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE",
              help="The value of a parameter (default: the smallest).")  # fmt: skip
@click.option("--grant", "grants", multiple=True, metavar="DEVICE[.POOL]=N",
              help="How many lines are granted (default: the most allowed).")  # fmt: skip
@click.option("--numbers", metavar="N,N,...", help="Interrupt numbers of the granted lines.")
@click.option("--feature", "features", multiple=True, metavar="DEVICE.NAME",
              help="A feature that the device has (default: those the design fixes).")  # fmt: skip
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--no-color", is_flag=True, help="No colours (as the variable NO_COLOR does).")
def command(  # noqa: PLR0913  (one argument an option)
    path: str,
    params: tuple[str, ...],
    grants: tuple[str, ...],
    numbers: str | None,
    features: tuple[str, ...],
    form: str,
    no_color: bool,
) -> int:
    """Lay a design out for given values: every queue, where each side maps it, and who serves it.

    Nothing is proved; this is what the maps say for these values.
    """
    from checker.language.load import load
    from checker.report.diagnostics import render
    from model.expr import Undefined

    (name,) = files.expand([path])
    loaded = load(Path("/dev/stdin" if name == files.STDIN else name))
    if loaded.design is None or any(d.is_error for d in loaded.diagnostics):
        click.echo(render(loaded.diagnostics, files.use_color(no_color)), nl=False)
        return ExitCode.SPEC
    given = _Given(loaded.design, params, grants, features, numbers)
    try:
        layouts = [(d, given.layout(d)) for d in loaded.design.devices]
    except Undefined as e:
        click.echo(f"a formula has no value here: {e}", err=True)
        return ExitCode.VIOLATED
    if form == "json":
        click.echo(json.dumps([_data(d, x) for d, x in layouts], indent=2))
    else:
        click.echo("\n\n".join(_text(d, x) for d, x in layouts))
    return ExitCode.OK


class _Given:
    """What the command line says about values, and defaults for the rest."""

    def __init__(
        self,
        design: Design,
        params: tuple[str, ...],
        grants: tuple[str, ...],
        features: tuple[str, ...],
        numbers: str | None,
    ) -> None:
        from model.expr import value

        self.design = design
        self.values: dict[str, Value] = {}
        fixed = dict(number(p, "param") for p in params)
        for p in design.params:
            lo = int(value(p.range.lo, self.values))
            hi = int(value(p.range.hi, self.values))
            v = fixed.pop(p.name, lo)
            if not lo <= v <= hi:
                raise click.UsageError(f"`{p.name}` is {v}; the design has it in {lo}..{hi}.")
            self.values[f"param.{p.name}"] = v
        if fixed:
            raise click.UsageError(f"There is no parameter `{next(iter(fixed))}`.")
        self.grants = dict(number(g, "grant") for g in grants)
        self.features = set(features)
        names = {d.name for d in design.devices}
        for key in [*self.grants, *self.features]:
            if key.split(".")[0] not in names:
                raise click.UsageError(f"There is no device `{key.split('.')[0]}`.")
        self.numbers = _numbers(numbers)

    def layout(self, device: Device) -> Layout:
        """The device for these values."""
        from model.expr import value
        from model.meaning.layout import lay_out

        given = dict(self.values)
        if device.index:
            given[f"index.{device.index.name}"] = value(device.index.range.lo, given)
        for ask in device.lines:
            key = f"{device.name}.{ask.pool}" if ask.pool else device.name
            most = int(value(ask.range.hi, given))
            given[f"grant.{ask.pool}"] = self.grants.get(key, self.grants.get(device.name, most))
        for f in device.type.features:
            given[f"feature.{f.name}"] = f"{device.name}.{f.name}" in self.features
        for c in device.features:
            given[f"feature.{c.name}"] = c.present
        return lay_out(self.design, device, given, self.numbers)


def number(item: str, what: str) -> tuple[str, int]:
    """A name and its value, as an option `--what` has them."""
    name, equals, words = item.partition("=")
    try:
        if equals and name:
            return name, int(words, 0)
    except ValueError:
        pass
    raise click.UsageError(f"`--{what} {item}`: expected NAME=VALUE with a whole number.")


def _numbers(words: str | None) -> tuple[int, ...]:
    if not words:
        return ()
    try:
        found = tuple(int(w, 0) for w in words.split(","))
    except ValueError:
        raise click.UsageError(f"`--numbers {words}`: expected whole numbers and commas.") from None
    if len(set(found)) != len(found):
        raise click.UsageError("`--numbers`: a number is given twice.")
    return found


def _served(row: Row, lines: int) -> str:
    from checker.properties.coverage import first_failure

    if not row.callback:
        return "polled"
    failure = first_failure(row, lines)
    return f"NO: not {failure}" if failure else "yes"


_HEAD = ("queue", "index", "role", "driver", "device", "handler", "served")


def _rows(layout: Layout) -> list[tuple[str, ...]]:
    from checker.properties.words import short

    out: list[tuple[str, ...]] = []
    for r in layout.rows:
        out.append(
            (
                r.name,
                str(r.index) if r.family else "-",
                r.family.role if r.family else "-",
                short(r.driver) if r.driver.fault is None else f"undefined ({r.driver.fault})",
                short(r.device) if r.device.fault is None else f"undefined ({r.device.fault})",
                ", ".join(r.handlers) or "-",
                _served(r, layout.lines),
            )
        )
    return out


def _text(device: Device, layout: Layout) -> str:
    head = f"{device.name}: {device.type.name} on {device.transport}"
    if layout.attempt is None:
        return f"{head}: no attempt can be granted"
    if layout.attempt.takes is not None:
        head += f", attempt {layout.attempt.name}"
    head += f", {layout.lines} line" + ("" if layout.lines == 1 else "s")
    if layout.numbers != tuple(range(layout.lines)):
        head += ", numbers " + ", ".join(map(str, layout.numbers))
    rows = [_HEAD, *_rows(layout)]
    widths = [max(len(r[k]) for r in rows) for k in range(len(_HEAD))]
    lines = ["   ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    return "\n".join([head, *(f"  {line}" for line in lines)])


def _data(device: Device, layout: Layout) -> dict[str, object]:
    return {
        "device": device.name,
        "attempt": layout.attempt.name if layout.attempt else None,
        "lines": layout.lines,
        "numbers": list(layout.numbers),
        "sources": [dict(zip(_HEAD, r, strict=True)) for r in _rows(layout)],
    }
