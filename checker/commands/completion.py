"""`checker completion`: prints the completion script for bash, zsh or fish."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from checker.commands.exit_codes import ExitCode

_USE = """\
\b
bash: eval "$(checker completion bash)"      in ~/.bashrc
zsh:  eval "$(checker completion zsh)"       in ~/.zshrc
fish: checker completion fish | source       in ~/.config/fish/config.fish
"""


@click.command("completion", epilog=_USE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the completion script of a shell."""
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"click has no completion for {shell}.")
    script = made(ctx.find_root().command, {}, "checker", "_CHECKER_COMPLETE")
    # Not `source()`: for bash that runs bash to ask for its version.
    click.echo(script.source_template % script.source_vars())
    return ExitCode.OK
