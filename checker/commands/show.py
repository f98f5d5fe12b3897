"""`checker show`: lays a design out for given values: each queue, its line, who serves it."""

from __future__ import annotations

import json
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands import complete, files
from checker.commands.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.design.design import Design
    from model.design.device import Device, Interval, LinesAsk
    from model.expr import Value
    from model.meaning.rows import Layout, Row


@click.command("show")
@click.argument("path", metavar="FILE", shell_complete=complete.designs)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE",
    shell_complete=complete.params_of_it,
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
    fixed = dict(number(p, "param") for p in params)
    loaded = load(Path("/dev/stdin" if name == files.STDIN else name), fixed)
    if loaded.design is None or any(d.is_error for d in loaded.diagnostics):
        click.echo(render(loaded.diagnostics, files.use_color(no_color)), nl=False)
        return ExitCode.SPEC
    given = _Given(loaded.design, grants, features, numbers)
    try:
        layouts = [(d, given.layout(d)) for d in loaded.design.devices]
        notes = [given.note(d, x) for d, x in layouts]
    except Undefined as e:
        click.echo(f"a formula has no value here: {e}", err=True)
        return ExitCode.VIOLATED
    if form == "json":
        data = [_data(d, x, n) for (d, x), n in zip(layouts, notes, strict=True)]
        click.echo(json.dumps(data, indent=2))
    else:
        shown = (_text(d, x, n) for (d, x), n in zip(layouts, notes, strict=True))
        click.echo("\n\n".join(shown))
    return ExitCode.OK


class _Given:
    """What the command line says about values, and defaults for the rest."""

    def __init__(
        self,
        design: Design,
        grants: tuple[str, ...],
        features: tuple[str, ...],
        numbers: str | None,
    ) -> None:
        from model.expr import value

        self.design = design
        self.values: dict[str, Value] = {}
        for p in design.params:
            self.values[f"param.{p.name}"] = value(p.range.lo, self.values)
        self.grants = dict(number(g, "grant") for g in grants)
        self.features = set(features)
        names = {d.name for d in design.devices}
        for key in [*self.grants, *self.features]:
            if key.split(".")[0] not in names:
                there = f" There is: {', '.join(sorted(names))}." if names else ""
                raise click.UsageError(f"There is no device `{key.split('.')[0]}`.{there}")
        for feature in features:
            self._check_feature(feature)
        self.numbers = _numbers(numbers)

    def _check_feature(self, item: str) -> None:
        name, _, feature = item.partition(".")
        device = next(d for d in self.design.devices if d.name == name)
        known = [f.name for f in device.type.features]
        if feature not in known:
            there = f" It has: {', '.join(known)}." if known else " It has none."
            near = get_close_matches(feature, known, 1)
            hint = f" Did you mean `{name}.{near[0]}`?" if near else there
            raise click.UsageError(f"`--feature {item}`: no such feature.{hint}")
        if any(c.name == feature and not c.present for c in device.features):
            raise click.UsageError(f"`--feature {item}`: the design says that it is not there.")

    def _granted(self, device: Device, ask: LinesAsk, given: dict[str, Value]) -> int:
        """The lines of a pool that the device has: the most, or what the command line says."""
        from model.expr import value

        lo, hi = int(value(ask.range.lo, given)), int(value(ask.range.hi, given))
        key = f"{device.name}.{ask.pool}" if ask.pool else device.name
        granted = self.grants.get(key, self.grants.get(device.name, hi))
        if not lo <= granted <= hi:
            raise click.UsageError(f"`--grant {key}={granted}`: the design has it in {lo}..{hi}.")
        return granted

    def _check_numbers(self, device: Device, layout: Layout) -> None:
        """They are as many as the lines, and such as the platform can give."""
        if not self.numbers:
            return
        if len(self.numbers) != layout.lines:
            raise click.UsageError(
                f"`--numbers`: {len(self.numbers)} given, but `{device.name}` has"
                f" {layout.lines} line{'' if layout.lines == 1 else 's'}."
            )
        from model.meaning.line_numbers import controllers_of

        pool = layout.attempt.pool if layout.attempt else ""
        controllers = controllers_of(self.design, device, pool)
        for n in self.numbers if controllers else ():
            of = [c for c in controllers if self._is_in(n, c.lines)]
            if not of:
                names = ", ".join(c.name for c in controllers)
                raise click.UsageError(f"`--numbers`: {n} is not a line of {names}.")
            if any(self._is_in(n, c.reserved) for c in of):
                raise click.UsageError(f"`--numbers`: {n} is reserved on {of[0].name}.")

    def _is_in(self, n: int, some: tuple[Interval, ...]) -> bool:
        from model.expr import value

        return any(value(x.lo, self.values) <= n <= value(x.hi, self.values) for x in some)

    def layout(self, device: Device) -> Layout:
        """The device for these values."""
        from model.expr import value
        from model.meaning.layout import lay_out

        given = dict(self.values)
        if device.index:
            given[f"index.{device.index.name}"] = value(device.index.range.lo, given)
        for ask in device.lines:
            given[f"grant.{ask.pool}"] = self._granted(device, ask, given)
        for f in device.type.features:
            given[f"feature.{f.name}"] = f"{device.name}.{f.name}" in self.features
        for c in device.features:
            given[f"feature.{c.name}"] = c.present
        made = lay_out(self.design, device, given, self.numbers)
        self._check_numbers(device, made)
        return made

    def note(self, device: Device, layout: Layout) -> str:
        """What the machine has to say about the lines; empty if it can give them."""
        from model.meaning.line_numbers import controllers_of

        pool = layout.attempt.pool if layout.attempt else ""
        controllers = controllers_of(self.design, device, pool)
        there: set[int] = set()
        for c in controllers:
            there |= self._numbers_in(c.lines) - self._numbers_in(c.reserved)
        if not controllers or layout.lines <= len(there):
            return ""
        names = ", ".join(c.name for c in controllers)
        have = "has" if len(controllers) == 1 else "have"
        return f"{names} {have} only {len(there)} lines (see irq_limits)"

    def _numbers_in(self, some: Iterable[Interval]) -> set[int]:
        from model.expr import value

        ends = ((value(i.lo, self.values), value(i.hi, self.values)) for i in some)
        return {n for lo, hi in ends for n in range(int(lo), int(hi) + 1)}


def number(item: str, what: str) -> tuple[str, int]:
    """A name and its value, as an option `--what` has them."""
    name, equals, words = item.partition("=")
    try:
        if equals and name:
            return name, int(words, 0)
    except ValueError:
        pass
    form = "DEVICE=N" if what == "grant" else "NAME=VALUE"
    raise click.UsageError(f"`--{what} {item}`: expected {form} with a whole number.")


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
    out: list[tuple[str, ...]] = []
    for r in layout.rows:
        out.append(
            (
                r.name,
                str(r.index) if r.family else "-",
                r.family.role if r.family else "-",
                r.driver.short if r.driver.fault is None else f"undefined ({r.driver.fault})",
                r.device.short if r.device.fault is None else f"undefined ({r.device.fault})",
                ", ".join(r.handlers) or "-",
                _served(r, layout.lines),
            )
        )
    return out


def _text(device: Device, layout: Layout, note: str) -> str:
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
    warned = [f"  warning: {note}"] if note else []
    return "\n".join([head, *warned, *(f"  {line}" for line in lines)])


def _data(device: Device, layout: Layout, note: str) -> dict[str, object]:
    return {
        "device": device.name,
        "attempt": layout.attempt.name if layout.attempt else None,
        "lines": layout.lines,
        "numbers": list(layout.numbers),
        "warnings": [note] if note else [],
        "sources": [dict(zip(_HEAD, r, strict=True)) for r in _rows(layout)],
    }
