"""`completion`: what a shell needs to complete our commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nof1tui.cli.options import common_options
from nof1tui.errors import UsageError

_PROGRAM, _COMPLETION_VARIABLE = "nof1-tui", "_NOF1_TUI_COMPLETE"

_EPILOG = """\b
Examples:
  nof1-tui completion bash > ~/.local/share/bash-completion/completions/nof1-tui
  nof1-tui completion zsh > ~/.zfunc/_nof1-tui      (with fpath+=~/.zfunc before compinit)
  nof1-tui completion fish > ~/.config/fish/completions/nof1-tui.fish
"""


@click.command("completion", epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL."""
    made = get_completion_class(shell)
    if made is None:
        raise UsageError(f"this version of click knows no completion for {shell}")
    script = made(ctx.find_root().command, {}, _PROGRAM, _COMPLETION_VARIABLE)
    click.echo(script.source_template % script.source_vars())
