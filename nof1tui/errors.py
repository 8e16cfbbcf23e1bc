"""Failures a user can meet: told in one or two plain lines on stderr, with an exit code."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

import click

from nof1tui.domain.redaction import redact
from nof1tui.domain.sanitisation import sanitise

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings

EXIT_FAILURE = 1


class UserError(click.ClickException):
    """What went wrong, why, and what to do. Exit code 1."""

    def __init__(self, words: str) -> None:
        super().__init__(sanitise(redact(words)))

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"nof1-tui: {self.format_message()}", file=file or sys.stderr)


class UsageError(UserError):
    """Wrong use or wrong settings, or nothing there to use. Exit code 2."""

    exit_code = 2


def require_nof1_source(settings: Settings, what: str) -> None:
    """Raises Misuse for a command that knows nothing but the nof1 API."""
    if settings.source == "hyperliquid":
        raise UsageError(
            f"`{what}` is about answers of the nof1 API, and NOF1_SOURCE is hyperliquid.\n"
            "Wallets need no recording: the chain keeps their fills. NOF1_SOURCE=nof1 uses it all the same."
        )


def print_progress(words: str) -> None:
    """Progress of something slow; of no interest to a script."""
    if sys.stderr.isatty():
        click.echo(sanitise(redact(words)), err=True)
