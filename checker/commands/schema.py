"""`checker schema`: prints the JSON Schema of what is written for machines."""

from __future__ import annotations

import json

import click

from checker.commands.exit_codes import ExitCode

_PARTS = {
    "result": ("", "result"),
    "record": ("record", "result"),
    "trace": ("trace_file", "result"),
    "mutation": ("", "mutation"),
}


@click.command("schema")
@click.argument("what", type=click.Choice(list(_PARTS)), default="result")
def command(what: str) -> int:
    """Print the JSON Schema (2020-12) of what is written for machines.

    `result` is what `--format json` writes, `record` a line of `--format jsonl`, `trace` what
    `--trace FILE.json` writes, `mutation` what `checker mutate --format json` writes. Each names
    the number of its schema as `schema_version`.
    """
    from checker.report.schema import schema

    click.echo(json.dumps(schema(*_PARTS[what]), indent=2))
    return ExitCode.OK
