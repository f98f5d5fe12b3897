"""Options that several commands have, spelled once, and what is made of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from checker.commands import complete, files

if TYPE_CHECKING:
    from checker.options import Options

_Adds = Callable[[Callable[..., Any]], Callable[..., Any]]


of_properties = click.option(
    "--property", "-p", "names", multiple=True, metavar="NAME",
    shell_complete=complete.properties_of_it,
    help="Only this property, whatever the design asks for (may be repeated).",
)  # fmt: skip
of_params = click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE",
    shell_complete=complete.params_of_it,
    help="Fix a parameter of the design (may be repeated).",
)  # fmt: skip
of_library = click.option(
    "--library", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="Where `use lib....` starts, instead of the library that is installed.",
)  # fmt: skip
of_rlimit = click.option(
    "--rlimit", type=click.IntRange(0), default=100_000_000, metavar="N", show_default=True,
    help="Z3's own count of work for each check: the reproducible budget (0: none).",
)  # fmt: skip
of_memory = click.option(
    "--memory", type=click.IntRange(0), default=4096, metavar="MIB", show_default=True,
    help="Address space for each obligation (0: no limit).",
)  # fmt: skip


def of_timeout(default: float = 60.0, ends: str = "; it is killed then") -> _Adds:
    """`--timeout`: how long is usual, and what more there is to say."""
    return click.option(
        "--timeout", type=click.FloatRange(0.0, min_open=True), default=default, metavar="SECONDS",
        show_default=True, help=f"Wall clock for each obligation, a part of a property{ends}.",
    )  # fmt: skip


def one_file(path: str, what: str) -> str:
    """The one file that a command is about; `what` says so where it is another number of them."""
    names = files.expand([path])
    if len(names) != 1 or names == [files.STDIN]:
        raise click.UsageError(f"`{path}`: {what} one file.")
    return names[0]


def plain_budget(options: Options) -> list[tuple[str, object]]:
    """Budget, jobs, properties and parameters as data, as the command line names them."""
    return [
        ("rlimit", options.budget.rlimit),
        ("timeout", options.budget.timeout_seconds),
        ("memory", options.budget.memory_mib),
        ("jobs", options.jobs),
        ("property", list(options.properties)),
        ("param", dict(options.params)),
    ]


def cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def properties_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """What `--property` says; a usage error where there is no such property."""
    if not names:
        return ()
    from difflib import get_close_matches

    from checker.properties.property import properties

    known = properties()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1) or [k for k in sorted(known) if name in k]
            hint = f" Did you mean `{near[0]}`?" if near else ""
            if name == "all":
                hint = " Leave `-p` out for what the design asks; `check all` in it asks all."
            elif "," in name:
                hint = " Repeat the option: " + " ".join(f"-p {n}" for n in name.split(",")) + "."
            raise click.UsageError(
                f"There is no property `{name}`.{hint} There are: {', '.join(known)}."
            )
    return tuple(dict.fromkeys(names))


def params_of(given: tuple[str, ...]) -> dict[str, int]:
    """What `--param` says; a usage error where it says something else."""
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
