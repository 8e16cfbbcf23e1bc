"""A point in time as an option of the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from nof1tui.domain.time_expressions import UnknownMoment, parse_moment


class MomentParam(click.ParamType[str]):
    """A WHEN that was checked, as text: relative times depend on the other options."""

    name = "WHEN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        parse_moment_option(str(value))
        return str(value)


def parse_moment_option(text: str, now: datetime | None = None) -> datetime:
    """The time of an expression, relative ones from `now`. Raises click.BadParameter."""
    try:
        return parse_moment(text, now or datetime.now(UTC))
    except UnknownMoment as error:
        raise click.BadParameter(str(error)) from error
