"""A moment as an option of the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from nof1tui.domain.time_expressions import UnknownMoment, parse_moment
from nof1tui.runtime.rosters import utc_now


class MomentParam(click.ParamType[str]):
    """A WHEN, kept as text: what it means depends on the other options."""

    name = "WHEN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        parse_moment_option(str(value))
        return str(value)


def parse_moment_option(text: str, now: datetime | None = None) -> datetime:
    try:
        return parse_moment(text, now or utc_now())
    except UnknownMoment as error:
        raise click.BadParameter(str(error)) from error
