"""`checker diff`: says what is different between two bundles, or two results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from checker.commands.exit_codes import ExitCode

if TYPE_CHECKING:
    from checker.bundle.diff import Change, Side


_HINT = ". Compare bundles, or what `verify --format json` wrote."


@click.command("diff")
@click.argument("old", type=click.Path(exists=True))
@click.argument("new", type=click.Path(exists=True))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="How the result is printed.")  # fmt: skip
@click.option("--fail-on", "fails", type=click.Choice(["any", "worse"]), default="any",
              show_default=True, help="Which differences end with 1.")  # fmt: skip
def command(old: str, new: str, form: str, fails: str) -> int:
    """Say what is different between two bundles, or two results.

    OLD and NEW are bundles, or results of `--format json`; those have no texts, so that of a
    changed file only its name is said. Verdicts, properties, counterexamples and texts are
    compared, not versions and times. For the worse is what makes the claim weaker: a verdict that
    is lost or less certain, a property or a design that is gone, a parameter with fewer values, a
    new assumption, an `expect` that lets a failure pass.

    Exit codes: 0 if nothing is different, 1 if something is, whatever the verdicts are, 3 if one of
    the two is damaged. With `--fail-on worse` only what is for the worse counts.
    """
    from checker.bundle.diff import changes

    sides = [_side(old), _side(new)]
    if sides[0] is None or sides[1] is None:
        return ExitCode.SPEC
    found = list(changes(sides[0], sides[1]))
    counts = [c for c in found if c.is_worse or fails == "any"]
    code = ExitCode.VIOLATED if counts else ExitCode.OK
    click.echo(_data(old, new, found, code) if form == "json" else _text(found, code))
    return code


def _side(path: str) -> Side | None:
    from checker.bundle.diff import side
    from checker.bundle.store import NoBundle

    try:
        return side(Path(path))
    except NoBundle as e:
        hint = _HINT if path.endswith(".vq") else ""
        click.echo(f"`{path}` cannot be compared: {e}{hint}", err=True)
        return None


def _text(found: list[Change], code: ExitCode) -> str:
    if not found:
        return "nothing is different"
    out = []
    for c in found:
        out.append(f"{c.about}: {c.words}" + ("  (worse)" if c.is_worse else ""))
        out += [f"    {line}" for line in c.more]
    worse = sum(c.is_worse for c in found)
    count = f"{len(found)} difference{'' if len(found) == 1 else 's'}"
    return "\n".join([*out, "", f"{count}, {worse} for the worse (exit code {code:d})"])


def _data(old: str, new: str, found: list[Change], code: ExitCode) -> str:
    data = {
        "schema_version": 1,
        "old": old,
        "new": new,
        "exit_code": int(code),
        "changes": [
            {
                "kind": c.kind,
                "about": c.about,
                "words": c.words,
                "more": list(c.more),
                "worse": c.is_worse,
            }
            for c in found
        ],
    }
    return json.dumps(data, indent=2)
