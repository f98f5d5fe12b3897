"""`checker explain`: explains a code such as VQ0204, a property, or a word such as raise."""

from __future__ import annotations

import ast
import inspect
import re
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill

import click

from checker.commands import complete
from checker.commands.exit_codes import MEANING, ExitCode
from checker.diagnostics.catalogue import catalogue, close_codes
from checker.diagnostics.entry import Entry
from checker.language.words import LANGUAGE, NAMES, OTHER_NAMES, PAGE, Word
from checker.verdict.words import OUTPUT, WORDS

_LANGUAGE = {**LANGUAGE, **NAMES}
_VERDICTS = {**WORDS, **OUTPUT}


@click.command("explain")
@click.argument("topics", nargs=-1, metavar="[CODE|PROPERTY|WORD]", shell_complete=complete.topics)
@click.option("--list", "list_all", is_flag=True, help="List all codes, properties and words.")
def command(topics: tuple[str, ...], list_all: bool) -> int:
    """Explain a code, a property, or a word of the language or of what the tool prints.

    Such as VQ0204, coverage, bounded, raise, any device.
    """
    topic = " ".join(topics)  # Some have two words: `any device`.
    properties = _properties()
    if list_all:
        click.echo(_listing(properties))
        return ExitCode.OK
    if not topic:
        raise click.UsageError("Name a code, a property or a word, or say --list.")
    entry = catalogue().get(_code(topic))
    if topic.isdecimal() and int(topic) in MEANING:
        click.echo(f"exit code {int(topic)}: {MEANING[ExitCode(int(topic))]}")
    elif entry:
        click.echo(_explained(entry))
    elif topic in properties:
        click.echo(f"{topic}\n\n{properties[topic]}")
    elif topic.lower() in _VERDICTS:
        click.echo(f"{topic.lower()}\n\n{_VERDICTS[topic.lower()]}")
    elif topic.lower() in _LANGUAGE:
        click.echo(_word(topic.lower(), _LANGUAGE[topic.lower()]))
    elif topic.lower() in OTHER_NAMES:
        word = OTHER_NAMES[topic.lower()]
        click.echo(f"{topic}: see `{word}`\n\n{_word(word, _LANGUAGE[word])}")
    else:
        known = [*properties, *_VERDICTS, *_LANGUAGE]
        near = get_close_matches(topic.lower(), known, 2, 0.6) or close_codes(topic)
        hint = f" Did you mean {' or '.join(near)}?" if near else " `--list` lists all."
        raise click.UsageError(f"There is no code, property or word `{topic}`.{hint}")
    return ExitCode.OK


def _code(topic: str) -> str:
    """`VQ0305` for `vq0305`, `vq305` and `305`."""
    m = re.fullmatch(r"(?:vq)?0*(\d{3})", topic.lower())
    return f"VQ{m[1]:0>4}" if m else topic.upper()


def _properties() -> dict[str, str]:
    """Of each property its docstring; a module that declares no PROPERTY is none."""
    package = find_spec("checker.properties")
    folders = list(package.submodule_search_locations or ()) if package else []
    found: dict[str, str] = {}
    for path in sorted(p for folder in folders for p in Path(folder).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "\nPROPERTY = " in text or "\nPROPERTY: " in text:
            doc = ast.get_docstring(ast.parse(text), clean=False)
            found[path.stem] = inspect.cleandoc(doc) if doc else "(no description)"
    return found


def _listing(properties: dict[str, str]) -> str:
    lines = [f"{code}  {entry.headline}" for code, entry in catalogue().items()]
    if properties:
        width = max(map(len, properties))
        lines.append("")
        lines += [f"{n:<{width}}  {_first_sentence(d)}" for n, d in sorted(properties.items())]
    width = max(map(len, _VERDICTS))
    lines.append("")
    for word, meaning in _VERDICTS.items():
        where = "verdict" if word in WORDS else "report"
        kind = meaning.split()[0].lower().strip(".,")
        lines.append(f"{word:<{width}}  {kind}, in a {where}")
    width = max(map(len, _LANGUAGE))
    lines.append("")
    lines += [f"{name:<{width}}  {word.form}" for name, word in _LANGUAGE.items()]
    return "\n".join(lines)


def _word(name: str, word: Word) -> str:
    text = fill(word.text, 100, break_long_words=False, break_on_hyphens=False)
    return f"{name}: `{word.form}`\n\n{text}\n\nMore: {PAGE}, section {word.section}."


def _first_sentence(doc: str) -> str:
    return " ".join(doc.split("\n\n")[0].split()).removesuffix(".")


def _explained(entry: Entry) -> str:
    parts = [f"{entry.code}: {entry.headline}", entry.explanation.strip()]
    if entry.wrong:
        parts.append("Wrong:\n\n" + _quoted(entry.wrong))
    if entry.right:
        parts.append("Right:\n\n" + _quoted(entry.right))
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
