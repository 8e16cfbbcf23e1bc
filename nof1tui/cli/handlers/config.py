"""`config show`: every setting, its value and its origin."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from pydantic import BaseModel, SecretStr

from nof1tui.cli.options import Flags
from nof1tui.domain.database_url import MASK, mask_database_url
from nof1tui.domain.redaction import redact
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.settings.base import DOTENV, ENV_PREFIX, dotenv_names
from nof1tui.settings.model import Settings, read_config_file
from nof1tui.settings.paths import UserDirectories


def print_settings(flags: Flags, *, as_document: bool) -> None:
    """Print the settings as a table, or as one JSON document."""
    rows = effective_settings(flags.load(), flags)
    if as_document:
        document = {name: {"value": value, "origin": origin} for name, value, origin in rows}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_table(rows)


def _print_table(rows: list[tuple[str, Any, str]]) -> None:
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    columns = (
        PrintedColumn("Setting", lambda row: str(row["name"]), align_right=False),
        PrintedColumn("Value", lambda row: _format_value(row["value"]), align_right=False),
        PrintedColumn("From", lambda row: str(row["origin"]), align_right=False, wraps=True),
    )
    Printer().print_table(columns, [dict(zip(("name", "value", "origin"), row, strict=True)) for row in rows])


def effective_settings(settings: Settings, flags: Flags) -> list[tuple[str, Any, str]]:
    """Name, value and origin of every setting, in the order of the model; secrets are masked."""
    file = UserDirectories.from_environment().config_file
    in_file, in_dotenv = read_config_file(file), dotenv_names()
    in_environment = {name.upper() for name, value in os.environ.items() if value}
    rows = []
    for name in type(settings).model_fields:
        variable = (ENV_PREFIX + name).upper()
        if flags.settings.get(name) is not None:
            origin = "--" + name.replace("_", "-")
        elif variable in in_environment:
            origin = variable
        elif variable in in_dotenv:
            origin = DOTENV
        else:
            origin = str(file) if name in in_file else "default"
        rows.append((name, _to_json_value(getattr(settings, name)), origin))
    return rows


def _to_json_value(value: Any) -> Any:
    """The value as JSON, secrets masked."""
    if isinstance(value, SecretStr):
        return _mask_secret(value.get_secret_value())
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple):
        return [_to_json_value(item) for item in value]
    return value


def _mask_secret(secret: str) -> str:
    """A database URL without its password; of another URL scheme and host: the path may be a secret too."""
    if secret.startswith("postgres"):
        return mask_database_url(secret)
    try:
        parts = urlsplit(secret)
        return f"{parts.scheme}://{parts.hostname}/{MASK}" if parts.scheme and parts.hostname else MASK
    except ValueError:
        return MASK


def _format_value(value: Any) -> str:
    if value is None or value == []:
        return "–"
    return sanitise_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
