"""Writes the pages of the reference that say what the code says: `make docs-generate`.

Properties come from the docstrings in checker/properties, codes from checker/diagnostics, exit
codes and the command line from checker/commands. Each example of a wrong design is read by the
checker here, so that its page shows the message as it is printed.
"""

from __future__ import annotations

import ast
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from checker.commands import exit_codes
from checker.commands.main import cli
from checker.diagnostics.catalogue import catalogue
from checker.diagnostics.diagnostic import Diagnostic
from checker.diagnostics.entry import Entry
from checker.language.load import load
from checker.language.words import LANGUAGE, NAMES
from checker.properties.property import Property, properties
from checker.report.diagnostics import render
from checker.verify import Options, verify

REFERENCE = Path(__file__).resolve().parent / "reference"
NOTE = (
    "<!-- Written by docs/generate.py from {source}. Do not edit; run `make docs-generate`. -->\n\n"
)
WIDTH = 98
"""Of a help text, in columns: what tests/markdown.py sees, too."""

GROUPS = {
    "01": "Files and syntax",
    "02": "Names",
    "03": "Kinds of values",
    "04": "The design as a whole",
    "05": "Designs that mean nothing for some values",
}


def generate(folder: Path) -> None:
    """All generated pages, below this folder; pages of codes that are gone go, too."""
    pages = {
        **_property_pages(),
        **_error_pages(),
        "exit-codes.md": _exit_codes(),
        "command.md": _command_line(),
        "words.md": _words(),
    }
    for old in [*folder.glob("properties/*.md"), *folder.glob("errors/*.md")]:
        if str(old.relative_to(folder)) not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def _or_bounded(name: str) -> str:
    """Of runs, which may be searched where they are not proved."""
    return ", or `bounded`: searched so far" if name == "no_lost_notifications" else ""


def _property_pages() -> dict[str, str]:
    pages, rows = {}, []
    for name, prop in properties().items():
        summary, rest = _docstring(prop)
        source = f"checker/properties/{name}.py"
        ends = (
            "## Verdicts\n\n"
            f"`holds` means: proved for {prop.scope}{_or_bounded(name)}. "
            f"`vacuous` means: {prop.nothing}. "
            "[What a verdict means](../../guide/verdicts.md).\n"
        )
        pages[f"properties/{name}.md"] = (
            NOTE.format(source=source) + f"# {name}\n\n{summary}\n\n{rest}\n\n{ends}"
        )
        rows.append([f"[{name}]({name}.md)", prop.asks])
    pages["properties/index.md"] = (
        NOTE.format(source="checker/properties/")
        + "# Properties\n\n"
        + "What `check` can ask of a design. `checker explain NAME` shows the same text.\n\n"
        + _table(["property", "what must be true"], rows)
        + "\n```{toctree}\n:hidden:\n\n"
        + "".join(f"{name}\n" for name in properties())
        + "```\n"
    )
    return pages


def _docstring(prop: Property) -> tuple[str, str]:
    """The summary of a property's module, and the rest with headings one level down."""
    path = Path(prop.obligations.__code__.co_filename)
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    summary, _, rest = doc.partition("\n\n")
    lines = (f"#{line}" if line.startswith("# ") else line for line in rest.splitlines())
    return summary, "\n".join(lines)


def _error_pages() -> dict[str, str]:
    pages = {f"errors/{code}.md": _error(entry) for code, entry in catalogue().items()}
    parts = []
    for digits, words in GROUPS.items():
        rows = [
            [f"[{code}]({code}.md)", entry.headline]
            for code, entry in catalogue().items()
            if code.startswith(f"VQ{digits}")
        ]
        parts.append(f"## {words}\n\n" + _table(["code", "what is wrong"], rows))
    if len(catalogue()) != sum(part.count("](VQ") for part in parts):
        raise ValueError("a code belongs to no group")
    pages["errors/index.md"] = (
        NOTE.format(source="checker/diagnostics/")
        + "# Errors and warnings\n\n"
        + "A run with an error ends with 3; a warning or a note changes nothing. "
        + "`checker explain CODE` shows the same text.\n\n"
        + "\n".join(parts)
        + "\n```{toctree}\n:hidden:\n\n"
        + "".join(f"{code}\n" for code in catalogue())
        + "```\n"
    )
    return pages


def _error(entry: Entry) -> str:
    head = f"# {entry.code}: {entry.headline}\n\n{entry.explanation.strip()}\n"
    parts = [NOTE.format(source="checker/diagnostics/") + head]
    if entry.wrong:
        text, message = _wrong(entry)
        parts.append(f"## Wrong\n\n```vq\n{text}```\n")
        parts.append(f"```text\n{message}\n```\n")
    if entry.right:
        parts.append(f"## Right\n\n```vq\n{entry.right}```\n")
    return "\n".join(parts)


def _wrong(entry: Entry) -> tuple[str, str]:
    """The wrong example with the errors it has as comments, and what is printed about it."""
    errors = [d.code for d in _found(entry.wrong) if d.is_error]
    text = entry.wrong + "".join(f"# error: {code}\n" for code in errors)
    found = _found(text)
    if entry.code not in {d.code for d in found}:
        raise ValueError(f"the wrong example of {entry.code} has {[d.code for d in found]}")
    return text, render(found, color=False).rstrip("\n")


def _found(text: str) -> list[Diagnostic]:
    """What `checker verify design.vq` says about a text; the solver is asked only if it can be."""

    def said(path: Path) -> list[Diagnostic]:
        read = load(path).diagnostics
        return [*(read if any(d.is_error for d in read) else verify(path, Options()).diagnostics)]

    return _in_a_folder(text, said)


def _in_a_folder(text: str, ask: Callable[[Path], list[Diagnostic]]) -> list[Diagnostic]:
    # Messages name files from the working directory.
    old = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            path = Path("design.vq")
            path.write_text(text, encoding="utf-8")
            return ask(path)
        finally:
            os.chdir(old)


def _exit_codes() -> str:
    rows = [[str(code.value), meaning] for code, meaning in exit_codes.MEANING.items()]
    order = ", ".join(str(code.value) for code in exit_codes.PRECEDENCE)
    return (
        NOTE.format(source="checker/commands/exit_codes.py")
        + "# Exit codes\n\n"
        + _table(["code", "meaning"], rows)
        + f"\nIf several apply, the first of {order}. `checker exit-codes` lists the same.\n\n"
        + "What is *expected* is `holds`, or what the design says with `expect`. "
        + "`--exit-zero` turns 1, 4 and 5 into 0, for a run that only reports; never 3, 6 or 70.\n"
        + "\nA value of `--param` is read as if it stood in the design: one that its range"
        " excludes, or of a param that it does not have, is an error of the design (3). `--grant`"
        " and `--property` ask for a part of what is verified: a device, a number of lines or a"
        " property that is not there is a wrong command line (2).\n"
        + "\nWith `verify --require-proof`, `holds` counts only if it is proved. What is `bounded` "
        + "then ends with 4, as `unknown` does, and not with 1: it may hold or not, nothing is "
        + "violated, and what would settle it is a proof.\n"
    )


def _words() -> str:
    parts = []
    every = {**LANGUAGE, **NAMES}
    for section in dict.fromkeys(w.section for w in every.values()):
        rows = [
            [f"`{name}`", f"`{w.form}`".replace("|", "\\|"), w.text.replace("|", "\\|")]
            for name, w in every.items()
            if w.section == section
        ]
        anchor = section.lower().replace(" ", "-")
        more = f"More: [{section}](language.md#{anchor}).\n"
        parts.append(f"## {section}\n\n{_table(['word', 'as in', ''], rows)}\n{more}")
    return (
        NOTE.format(source="checker/language/words.py")
        + "# Words of the language\n\n"
        + "`checker explain WORD` shows the same text. Words of a verdict are in\n"
        + "[What a verdict means](../guide/verdicts.md).\n\n"
        + "\n".join(parts)
    )


def _command_line() -> str:
    root = click.Context(cli, info_name="checker", terminal_width=WIDTH, **cli.context_settings)
    parts = [_help("", cli.get_help(root))]
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        if command is None:
            raise ValueError(f"no command {name}")
        context = click.Context(command, info_name=name, parent=root, **command.context_settings)
        parts.append(f"## checker {name}\n\n" + _help(name, command.get_help(context)))
    return (
        NOTE.format(source="checker/commands/")
        + "# The command line\n\n"
        + "Every command takes `--help`. Results go to the standard output, progress and errors "
        + "of the command line to the standard error. Of a command line that is wrong (exit code "
        + "2) nothing is said on the standard output, with `--format json` neither. "
        + "[Exit codes](exit-codes.md).\n\n"
        + "\n".join(parts)
    )


def _help(name: str, text: str) -> str:
    called = f"checker {name} --help" if name else "checker --help"
    lines = "\n".join(line.rstrip() for line in text.rstrip().splitlines())
    return f"```console\n$ {called}\n{lines}\n```\n"


if __name__ == "__main__":
    generate(REFERENCE)
    sys.exit(0)
