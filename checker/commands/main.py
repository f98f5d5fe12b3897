"""The command `checker`: finds the commands, and turns whatever goes wrong into an exit code.

A module of this folder is a command if its docstring opens with "`checker NAME`: what it does", all
on one line; it then has the click command as `command`, which returns an exit code. For `--help`
only these first lines are read; a module is imported when its command is used.
"""

from __future__ import annotations

import errno
import gc
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from checker import __version__
from checker.commands.exit_codes import ExitCode

_FIRST_LINE = re.compile(r'"""`checker ([a-z-]+)`: (.*?)\.?(?:""")?$')


def commands() -> dict[str, tuple[str, str]]:
    """Of each command its module and what it does."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        with path.open(encoding="utf-8") as f:
            m = _FIRST_LINE.match(f.readline().rstrip())
        if m:
            found[m[1]] = (path.stem, m[2])
    return found


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


class _Closed(Exception):
    """Nobody reads the output any more. Click itself would exit with 1, which means violated."""


class _Commands(click.Group):
    """Imports a command's module only when it is used."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as e:
            raise _Closed from e

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as e:
            raise _Closed from e

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(commands())

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        found = commands().get(cmd_name)
        if found is None:
            return None
        made: click.Command = import_module(f"checker.commands.{found[0]}").command
        return made

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in commands() and not name.startswith("-"):
            meant = _MEANT.get(name, "")
            near = [meant] if meant else get_close_matches(name, list(commands()), 1, 0.6)
            hint = f" Did you mean `checker {near[0]}`?" if near else ""
            if not near and (name.endswith(".vq") or Path(name).exists()):
                hint = f" Did you mean `checker verify {name}`?"
            ctx.fail(f"There is no command `{name}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_, does) in sorted(commands().items())])


_MEANT = {
    "prove": "verify", "run": "verify", "test": "verify", "lint": "check", "parse": "check",
    "simulate": "fuzz", "random": "fuzz", "format": "fmt", "view": "show", "table": "show",
    "print": "show", "compare": "diff", "html": "report", "spin": "export",
}  # fmt: skip
"""What the commands of other tools are called here."""


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`checker COMMAND --help` says more about a command. To begin: `checker verify"
    " DESIGN.vq`; `checker explain WORD` for each word of the language and of what is printed.",
)
@click.version_option(__version__, "-V", "--version", prog_name="checker")
def cli() -> None:
    """Checks whether a mapping of virtqueues to interrupts works.

    Designs are written in a small language (.vq) and are proved or refuted. The language is
    described in docs/reference/language.md; specs/ has designs to start from.
    """


def main(args: list[str] | None = None) -> int:
    """Runs a command line and returns its exit code; nothing that goes wrong gets past it."""
    _open_what_is_closed()
    # A run makes few cycles; on long texts, looking for them costs a twentieth of it.
    gc.set_threshold(100_000, 50, 100)
    try:
        result: Any = cli.main(args, prog_name="checker", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as e:
        _say(e.show)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        _say(lambda: click.echo("interrupted", err=True))
        return ExitCode.INTERRUPTED
    except (_Closed, BrokenPipeError):
        _drop_what_is_buffered()
        return ExitCode.PIPE
    except OSError as e:
        if e.errno not in _FULL:
            return _internal(e, args)
        _drop_what_is_buffered()
        words = f"Error: The output cannot be written: {e.strerror}."
        _say(lambda: click.echo(words, err=True))
        return ExitCode.USAGE
    except Exception as e:
        return _internal(e, args)
    return result if isinstance(result, int) else ExitCode.OK


def _open_what_is_closed() -> None:
    """Of a shell's `>&-`, Python makes no stream at all."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115


def _drop_what_is_buffered() -> None:
    # It cannot be written either; the interpreter would say so at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(words: Callable[[], object]) -> None:
    """To standard error; where that cannot be written, the exit code has to do."""
    with suppress(OSError):
        words()


def _internal(error: Exception, args: list[str] | None) -> int:
    words = _crashed(error, sys.argv[1:] if args is None else args)
    _say(lambda: click.echo(words, err=True))
    return ExitCode.INTERNAL


def _crashed(error: Exception, args: list[str]) -> str:
    """What to say about an unexpected exception."""
    import traceback

    from checker.commands import crash

    reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
    return crash.report(reason, "".join(traceback.format_exception(error)), args)


if __name__ == "__main__":
    sys.exit(main())
