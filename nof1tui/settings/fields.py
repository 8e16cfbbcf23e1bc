"""Types of settings with their validation."""

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

HYPERLIQUID_URL = "https://api.hyperliquid.xyz"


MIN_CHECK_S = 60
"""An arena's rows may be a minute late: sooner nothing can be told from lag."""


def validate_http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL like https://nof1.ai/api")
    return text.rstrip("/")


def validate_check_interval(seconds: float) -> float:
    if seconds and not MIN_CHECK_S <= seconds <= 86_400:
        raise ValueError(f"must be 0, or from {MIN_CHECK_S} to 86400")
    return seconds


def _validate_database_url(secret: SecretStr) -> SecretStr:
    scheme, separator, _ = secret.get_secret_value().strip().partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError("must be a PostgreSQL URL: postgresql://user:password@host/database")
    return SecretStr(secret.get_secret_value().strip())


def _split_names(said: object) -> object:
    """`toast, bell` as the environment has it."""
    return tuple(re.split(r"[\s,]+", said.strip(" ,"))) if isinstance(said, str) and said.strip() else said


def _split_arguments(said: object) -> object:
    """Program and arguments in one text: quoted as in a shell, or as JSON. None of it is run by a shell."""
    if not isinstance(said, str):
        return said
    return tuple(json.loads(said)) if said.lstrip().startswith("[") else tuple(shlex.split(said))


def validate_webhook_url(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None:
        parts = urlsplit(secret.get_secret_value().strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be a URL: https://host/path")
    return secret


def validate_proxy_url(secret: SecretStr) -> SecretStr:
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
