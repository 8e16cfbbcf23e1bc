"""Types of settings, with their validation."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
)
from pydantic_settings import NoDecode

from nof1tui.domain.database_url import check_database_url

HYPERLIQUID_URL = "https://api.hyperliquid.xyz"
MIN_CHECK_S = 60
"""Shortest check interval: an arena's rows may be a minute late, which must not count as a mismatch."""


def validate_http_url(text: str) -> str:
    """The URL without a slash at its end. Raises ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL like https://nof1.ai/api")
    return text.rstrip("/")


def validate_check_interval(seconds: float) -> float:
    """0, or an interval within the limits. Raises ValueError."""
    if seconds and not MIN_CHECK_S <= seconds <= 86_400:
        raise ValueError(f"must be 0, or from {MIN_CHECK_S} to 86400")
    return seconds


def _validate_database_url(secret: SecretStr) -> SecretStr:
    return SecretStr(check_database_url(secret.get_secret_value()))


def _split_names(value: object) -> object:
    """A tuple of the names in a text such as `toast, bell`; other values unchanged."""
    if isinstance(value, str) and value.strip():
        return tuple(re.split(r"[\s,]+", value.strip(" ,")))
    return value


def _split_arguments(value: object) -> object:
    """A tuple of program and arguments from a text, quoted as in a shell or a JSON array.

    No shell runs it.
    """
    if not isinstance(value, str):
        return value
    return tuple(json.loads(value)) if value.lstrip().startswith("[") else tuple(shlex.split(value))


def validate_webhook_url(secret: SecretStr | None) -> SecretStr | None:
    """An HTTP URL, or None. Raises ValueError."""
    if secret is not None:
        parts = urlsplit(secret.get_secret_value().strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be a URL: https://host/path")
    return secret


def validate_proxy_url(secret: SecretStr) -> SecretStr:
    """A URL of an HTTP or SOCKS proxy. Raises ValueError."""
    if urlsplit(secret.get_secret_value()).scheme not in ("http", "https", "socks5", "socks5h"):
        raise ValueError("must be a URL: http://host:port")
    return secret


NameList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_names)]
ArgumentList = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_arguments)]
Seconds = Annotated[float, Field(ge=1, le=7 * 86_400, allow_inf_nan=False)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_validate_database_url)]
ExpandedPath = Annotated[Path, AfterValidator(Path.expanduser)]
Uppercase = BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
Lowercase = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
