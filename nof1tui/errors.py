"""Errors that users see: one or two plain lines on stderr and an exit code."""

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
    """What failed, why, and what to do. Exit code 1."""

    def __init__(self, message: str) -> None:
        super().__init__(sanitise(redact(message)))

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"nof1-tui: {self.format_message()}", file=file or sys.stderr)


class UsageError(UserError):
    """Wrong usage or settings, or a missing input. Exit code 2."""

    exit_code = 2


def require_nof1_source(settings: Settings, what: str) -> None:
    """Raises UsageError if the settings name another source; `what` is a command for nof1 only."""
    if settings.source == "hyperliquid":
        raise UsageError(
            f"`{what}` is for responses of the nof1 API, but NOF1_SOURCE is hyperliquid.\n"
            "Wallets need no recording: the chain keeps their fills. To run it anyway: NOF1_SOURCE=nof1."
        )


def print_progress(text: str) -> None:
    """Print the progress of slow work to stderr, if that is a terminal."""
    if sys.stderr.isatty():
        click.echo(sanitise(redact(text)), err=True)
