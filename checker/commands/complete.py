"""What a shell completes: designs, names of params, formats, and what `explain` knows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

_PARAM = re.compile(r"^\s*param\s+([A-Za-z_][A-Za-z0-9_]*)\s+in\b", re.MULTILINE)
_MOST_BYTES = 1_000_000


def designs(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself lists."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def properties_of_it(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The properties that there are."""
    from checker.properties.property import properties

    return [name for name in properties() if name.startswith(incomplete)]


def params_of_it(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """`NAME=` for each param of the designs that are named before."""
    given = ctx.params.get("paths") or ctx.params.get("path") or ()
    names: list[str] = []
    # After an option without its value click leaves the arguments as they are.
    for path in [*((given,) if isinstance(given, str) else given), *ctx.args]:
        try:
            text = Path(path).read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")
        except OSError:
            continue
        names += _PARAM.findall(text)
    return [f"{n}=" for n in dict.fromkeys(names) if n.startswith(incomplete)]


def formats(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """`FORMAT=` for each format of results."""
    from checker.report.run import forms

    return [f"{f}=" for f in forms() if f.startswith(incomplete)]


def topics(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Codes, properties and words; only the last word of those that have several."""
    from checker.diagnostics.catalogue import catalogue
    from checker.language.words import LANGUAGE, NAMES, OTHER_NAMES
    from checker.properties.property import properties
    from checker.verdict.words import OUTPUT, WORDS

    tables = (catalogue(), properties(), WORDS, OUTPUT, LANGUAGE, NAMES, OTHER_NAMES)
    known = [name for table in tables for name in table if " " not in name]
    return [n for n in dict.fromkeys(known) if n.lower().startswith(incomplete.lower())]
