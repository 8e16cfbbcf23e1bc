"""The command line: a group that imports a command when it is called, and the exit code of a run."""

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
    "demo": ("monitor", "Run the monitor on a simulated season (offline)."),
    "replay": ("monitor", "Run the monitor on recorded responses."),
    "collect": ("collect", "Run the collector without UI."),
    "record": ("collect", "Collect and record raw responses."),
    "import": ("import_", "Import recorded responses."),
    "show": ("show", "Print leaderboard, positions, trades, prices, chat, events …"),
    "export": ("export", "Write a table to a CSV, JSON Lines or Parquet file."),
    "traders": ("traders", "List traders, check wallets."),
    "alerts": ("alerts", "List and test alerts."),
    "status": ("status", "Show status of store, collector, feeds."),
    "doctor": ("doctor", "Check terminal, settings, folders, store, API and clocks."),
    "config": ("config", "Show the settings and where each comes from."),
    "db": ("db", "Manage the store: migrate, back up, grant, locate."),
    "completion": ("completion", "Print shell completions."),
}
"""Module and summary of each command, by the command's name."""

_OUTPUT_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)

_EPILOG = """\b
Examples:
  nof1-tui                            watch the arena live
  nof1-tui demo                       try it offline
  nof1-tui show leaderboard --json    for scripts
"""


class LazyGroup(click.Group):
    """A group of the commands in COMMANDS; a command's module is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"nof1tui.cli.commands.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Completions of command names without importing them; of options as usual."""
        if not incomplete[:1].isalpha() and incomplete:
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(error.command_name, possibilities=COMMANDS, ctx=ctx) from None

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
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


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

    Without a command: run the monitor on the arena of the settings. It collects, stores everything in
    PostgreSQL, and shows it; q quits.
    """
    if ctx.invoked_subcommand is None:
        from nof1tui.cli.handlers.monitor import run_monitor

        run_monitor(flags_of(ctx))


def run(arguments: Sequence[str] | None = None, *, cached_frame: CachedFrame | None = None) -> int:
    """The exit code of one run: 0 success, 1 failure, 2 wrong usage or settings, 128+n ended by signal n.

    A cached frame on the terminal is cleared before anything is printed.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_missing_streams()
    _replace_unencodable()
    flags = Flags(cached_frame=cached_frame)
    try:
        with _cleared_on_exit(flags):
            code = cli.main(words, prog_name=PROGRAM, standalone_mode=False, obj=flags)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else PROGRAM
        click.echo(f"{PROGRAM}: {sanitise_line(error.format_message())}", err=True)
        click.echo(f"See `{path} --help`.", err=True)
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
        _report_error(error, with_traceback="--debug" in words)
        _discard_stdout()
        return 1
    except Exception as error:  # noqa: BLE001 the outermost handler: an internal error is reported in one line
        return _report_failure(error, with_traceback="--debug" in words)
    return code if isinstance(code, int) else 0


@contextmanager
def _cleared_on_exit(flags: Flags) -> Iterator[None]:
    """Clear the frame at the end, and print the warnings that waited for it."""
    try:
        yield
    finally:
        if flags.cached_frame is not None:
            flags.cached_frame.clear()
            flags.print_warnings()


def _report_failure(error: Exception, *, with_traceback: bool) -> int:
    """Print a known failure in plain words, any other as an internal error; returns the exit code."""
    from nof1tui.cli.run_command import to_user_error

    user_error = to_user_error(error)
    if user_error is None or with_traceback:
        _report_error(error, with_traceback=with_traceback)
        return user_error.exit_code if user_error else 1
    user_error.show()
    return user_error.exit_code


def _report_error(error: Exception, *, with_traceback: bool) -> None:
    """Print an internal error in one line, or with its traceback; an unwritable output is not one."""
    if with_traceback:
        click.echo(sanitise(redact("".join(traceback.format_exception(error)))), err=True)
    elif isinstance(error, OSError) and error.errno in _OUTPUT_ERRNOS:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror or error
        click.echo(f"{PROGRAM}: the output is not writable: {reason}", err=True)
    else:
        message = redact(ascii(str(error))[1:-1])
        click.echo(f"{PROGRAM}: internal error: {type(error).__name__}: {message}", err=True)
        click.echo("Rerun with --debug for a traceback.", err=True)


def _open_missing_streams() -> None:
    """Open /dev/null for a closed stdin, stdout or stderr, so that no other file gets its descriptor.

    That of stdout is opened for reading: writing to it fails, as it would without it.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open()  # noqa: SIM115  (open until the process ends)
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115


def _replace_unencodable() -> None:
    """Make the output streams replace characters that the terminal cannot show, instead of failing.

    In the C locale Python writes UTF-8; a terminal with that locale gets ASCII.
    """
    codecs.register_error(ERROR_HANDLER, substitute_unencodable)
    charset = detect_charset(os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = charset.codec if stream.isatty() and charset.codec != "utf-8" else stream.encoding
            stream.reconfigure(encoding=encoding, errors=ERROR_HANDLER)


@contextmanager
def _ignore_broken_pipe() -> Iterator[None]:
    """Exit with code 0, and silently, when the reader of the output has closed the pipe."""
    try:
        yield
    except BrokenPipeError as error:
        _discard_stdout()
        raise click.exceptions.Exit(0) from error


def _discard_stdout() -> None:
    """Redirect stdout to /dev/null, so that the interpreter's flush at exit cannot fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
