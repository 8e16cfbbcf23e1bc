"""Declares `completion`, which needs nothing but click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nof1tui.cli.options import common_options

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
    """Print the completion script for SHELL."""
    completion = get_completion_class(shell)
    if completion is None:
        raise click.UsageError(f"this version of click does not support completion for {shell}", ctx)
    script = completion(ctx.find_root().command, {}, _PROGRAM, _COMPLETION_VARIABLE)
    click.echo(script.source_template % script.source_vars())
