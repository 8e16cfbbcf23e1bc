"""The command line: one group whose commands are loaded when they are called."""

from __future__ import annotations

import codecs
import errno
import importlib
import io
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from nof1tui import __version__
from nof1tui.cli.options import Flags, common_options, flags_of, profile_option
from nof1tui.domain.redaction import redact
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.tui.terminal.charset import ERROR_HANDLER, detect_charset, substitute_unencodable

if TYPE_CHECKING:
    from nof1tui.cli.splash_frame import CachedFrame

PROGRAM = "nof1-tui"
COMMANDS = {
    "demo": ("monitor", "The monitor on a simulated season: no network, nothing kept."),
    "replay": ("monitor", "The monitor on a folder of recorded responses."),
    "collect": ("collect", "Collect only, for servers: no screen."),
    "record": ("collect", "Collect, and keep every raw answer in a folder."),
    "import": ("import_", "Put recorded responses into the store."),
    "show": ("show", "Print leaderboard, positions, trades, prices, chat, events …"),
    "export": ("export", "Write a table to a CSV, JSON Lines or Parquet file."),
    "traders": ("traders", "Who is in the arena, and whether the chain knows their wallets."),
    "alerts": ("alerts", "The alert rules, and a try of their ways out."),
    "status": ("status", "Tell how store, collector and feeds are."),
    "doctor": ("doctor", "Check terminal, settings, folders, store, upstream and clocks."),
    "config": ("config", "The settings in force, and where each came from."),
    "db": ("db", "Migrations, backup, rights and whereabouts of the store."),
    "completion": ("completion", "Print what makes a shell complete commands and options."),
}
"""Which module has which command, and what it does in one line."""

_OUTPUT_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)

_EPILOG = """\b
Examples:
  nof1-tui                            watch the arena live
  nof1-tui demo                       look around without network
  nof1-tui show leaderboard --json    for scripts
"""


class LazyGroup(click.Group):
    """Knows its commands by name; loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"nof1tui.cli.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands without loading them; of options as usual."""
        if not incomplete[:1].isalpha() and incomplete:
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=words)
            for name, (_, words) in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with _ignore_broken_pipe():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _ignore_broken_pipe():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@profile_option
@common_options
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s", prog_name=PROGRAM)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A terminal live monitor for LLMs that trade with real money.

    Without a command: the monitor on the arena of the settings. It collects, keeps everything in
    PostgreSQL, and shows it; q leaves.
    """
    if ctx.invoked_subcommand is None:
        from nof1tui.cli.commands.monitor import run_monitor

        run_monitor(flags_of(ctx))


def run(arguments: Sequence[str] | None = None, *, standing: CachedFrame | None = None) -> int:
    """The exit code of one run: 0 fine, 1 failed, 2 wrong use or settings, 128+n ended by signal n.

    A frame that stands on the terminal is withdrawn before anything is said.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_missing_streams()
    _replace_unencodable()
    try:
        with _cleared_on_exit(standing):
            code = cli.main(words, prog_name=PROGRAM, standalone_mode=False, obj=Flags(cached_frame=standing))
        sys.stdout.flush()
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else PROGRAM
        click.echo(f"{PROGRAM}: {sanitise_line(error.format_message())}", err=True)
        click.echo(f"`{path} --help` tells how it is used.", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        _discard_stdout()
        return 0
    except OSError as error:
        _report_error(error, in_full="--debug" in words)
        _discard_stdout()
        return 1
    except Exception as error:  # noqa: BLE001 the rim: a fault of ours is told in one line
        _report_error(error, in_full="--debug" in words)
        return 1
    return code if isinstance(code, int) else 0


@contextmanager
def _cleared_on_exit(standing: CachedFrame | None) -> Iterator[None]:
    try:
        yield
    finally:
        if standing is not None:
            standing.clear()


def _report_error(error: Exception, *, in_full: bool) -> None:
    """A fault in one line, or with where it happened; a full disk or a closed output is none of ours."""
    if in_full:
        click.echo(sanitise(redact("".join(traceback.format_exception(error)))), err=True)
    elif isinstance(error, OSError) and error.errno in _OUTPUT_ERRNOS:
        click.echo(f"{PROGRAM}: the output cannot be written: {error.strerror or error}", err=True)
    else:
        told = redact(ascii(str(error))[1:-1])
        click.echo(f"{PROGRAM}: internal error: {type(error).__name__}: {told}", err=True)
        click.echo("The same command with --debug tells where.", err=True)


def _open_missing_streams() -> None:
    """Started with a closed stdin, stdout or stderr: a file opened later must not take its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  (for as long as we run)


def _replace_unencodable() -> None:
    """A terminal that cannot show a character gets a plain one, not an error.

    Python writes UTF-8 in a locale of C; a person who looks at such a terminal is better off with ASCII.
    """
    codecs.register_error(ERROR_HANDLER, substitute_unencodable)
    charset = detect_charset(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            narrow = charset.codec if stream.isatty() and charset.codec != "utf-8" else stream.encoding
            stream.reconfigure(encoding=narrow, errors=ERROR_HANDLER)


@contextmanager
def _ignore_broken_pipe() -> Iterator[None]:
    """Whoever reads our output may have seen enough: no failure, and not a word about it."""
    try:
        yield
    except BrokenPipeError as error:
        _discard_stdout()
        raise click.exceptions.Exit(0) from error


def _discard_stdout() -> None:
    """Keep the interpreter from complaining at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
