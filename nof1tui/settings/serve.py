"""Settings of `nof1-tui serve`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings

from nof1tui.settings.fields import NameList, validate_rate


class ServeSettings(BaseSettings):
    """The part of the settings that only `serve` reads."""

    serve_listen: NameList = ()
    """Addresses that `serve` listens on: `unix:/path`, `127.0.0.1:8420`, `[::1]:8420`, `fd:3`. Default: a
    Unix socket of the user's own."""
    serve_public: bool = False
    """Whether everything but texts, metrics and terminal can be read over TCP without a token."""
    serve_rate: Annotated[str, AfterValidator(validate_rate)] = "100/s"
    """Requests of one token or address (`100/s`, `30/m`), with a burst of ten seconds; `off`: no limit."""
    serve_cors: NameList = ()
    """Origins whose pages may read `/v1`: `https://example.org`."""
    compat_strict: bool = False
    """Whether `/api/account-totals` leaves out accounts without a row of the wanted hour, as nof1's does."""
    serve_max_streams: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Most live streams that are open at a time."""


def setting_names(model: type[BaseSettings]) -> list[str]:
    """The names of all settings in the order in which they are listed, those of `serve` last."""
    return sorted(model.model_fields, key=lambda name: name in ServeSettings.model_fields)
