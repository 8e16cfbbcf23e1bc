"""`config`: the settings in force, where they came from, and a file to begin with."""

from __future__ import annotations

import ast
import inspect
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from nof1tui.cli.options import Flags, common_options, flags_of
from nof1tui.domain.redaction import MASK, redact
from nof1tui.errors import UserError

if TYPE_CHECKING:
    from nof1tui.settings.model import Settings


_EPILOG = """\b
Examples:
  nof1-tui config show
  nof1-tui config path
  nof1-tui config init
"""


@click.group("config", epilog=_EPILOG)
@common_options
def config_command() -> None:
    """The settings in force and where each came from.

    Defaults < config file < .env in the current folder < environment < flags.
    """


@config_command.command("show", epilog="Example:  nof1-tui config show --json")
@click.option("--json", "as_document", is_flag=True, help="One JSON document with stable keys.")
@common_options
@click.pass_context
def config_show_command(ctx: click.Context, as_document: bool) -> None:
    """Print every setting, its value and its origin. Secrets are masked."""
    flags = flags_of(ctx)
    rows = effective_settings(flags.load(), flags)
    if as_document:
        document = {name: {"value": value, "origin": origin} for name, value, origin in rows}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    from nof1tui.cli.output.tables import PrintedColumn, Printer

    columns = (
        PrintedColumn("Setting", lambda row: str(row["name"]), align_right=False),
        PrintedColumn("Value", lambda row: _format_value(row["value"]), align_right=False),
        PrintedColumn("From", lambda row: str(row["origin"]), align_right=False, wraps=True),
    )
    Printer().print_table(columns, [dict(zip(("name", "value", "origin"), row, strict=True)) for row in rows])


@config_command.command("path", epilog="Example:  nof1-tui config path")
@common_options
@click.pass_context
def config_path_command(ctx: click.Context) -> None:
    """Print where the config file is looked for."""
    from nof1tui.settings.paths import UserDirectories

    click.echo(UserDirectories.from_environment().config_file)


@config_command.command("init", epilog="Example:  nof1-tui config init")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@common_options
@click.pass_context
def config_init_command(ctx: click.Context, force: bool) -> None:
    """Write a config file that names every setting with its default, commented out."""
    from nof1tui.settings.paths import UserDirectories

    path = UserDirectories.from_environment().config_file
    if path.exists() and not force:
        raise UserError(f"{path} is there already: --force writes over it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(config_template(), "utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error
    click.echo(path)


def effective_settings(settings: Settings, flags: Flags) -> list[tuple[str, Any, str]]:
    """Name, value and origin of every setting, in the order of the model."""
    from nof1tui.settings.base import DOTENV, ENV_PREFIX, dotenv_names
    from nof1tui.settings.model import read_config_file
    from nof1tui.settings.paths import UserDirectories

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
    """A value as JSON has it; secrets masked, URLs but for their password."""
    from pydantic import BaseModel, SecretStr

    if isinstance(value, SecretStr):
        return _redacted_secret(value.get_secret_value())
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple):
        return [_to_json_value(item) for item in value]
    return value


def _redacted_secret(secret: str) -> str:
    """Of a database its URL without the password; of other URLs the host: a webhook's path is its secret."""
    if secret.startswith(("http://", "https://")):
        parts = urlsplit(secret)
        return f"{parts.scheme}://{parts.hostname}/{MASK}"
    return redact(secret) if "://" in secret else MASK


def _format_value(value: Any) -> str:
    from nof1tui.domain.sanitisation import sanitise_line

    if value is None or value == []:
        return "–"
    return sanitise_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def config_template() -> str:
    """A config file in which every setting stands, with what it means and its default."""
    from nof1tui.settings.base import TABLE_OF_FIELD
    from nof1tui.settings.model import Settings

    said = field_docstrings(Settings)
    lines = [
        "# Settings of nof1-tui. Take away the `# ` in front of what you change.",
        "# Beaten by .env in the current folder, NOF1_* in the environment, and flags.",
    ]
    for name, field in Settings.model_fields.items():
        if name in TABLE_OF_FIELD:
            continue
        lines.append("")
        lines += [f"## {line}" for line in said.get(name, "").splitlines()]
        lines.append(f"# {name} = {toml_value(field.default)}")
    lines += [
        "",
        "## Accounts of your own, or other names for known ones. One table each; those with a wallet on",
        '## Hyperliquid are watched by `source = "hyperliquid"`: docs/hyperliquid.md.',
        "# [[trader]]",
        '# id = "my-agent"',
        '# name = "My agent"',
        '# maker = "me"',
        '# color = "#3fd07f"',
        '# wallet = "0x0000000000000000000000000000000000000001"  # the account\'s own',
        "# capital_usd = 5000  # else what was put into the wallet",
        "",
        "## Alerts: a figure beyond a value, or events by kind. One table each; all figures: docs/alerts.md.",
        "# [[alert]]",
        '# name = "deep under water"',
        '# when = "return_pct < -20%"',
        '# trader = "any"',
        '# cool_down = "1h"',
        "#",
        "# [[alert]]",
        '# when = "liquidation_distance_pct < 5%"',
        '# coin = "any"',
        '# to = ["toast", "bell", "webhook"]',
        "#",
        "# [[alert]]",
        '# on = ["flipped", "lead"]',
    ]
    return "\n".join(lines) + "\n"


def toml_value(default: Any) -> str:
    """A default as TOML; an empty text stands for none."""
    return '""' if default is None else json.dumps(default)


def field_docstrings(model: type) -> dict[str, str]:
    """The texts below the fields of a class, by field."""
    body = ast.parse(inspect.getsource(model)).body[0]
    found: dict[str, str] = {}
    if isinstance(body, ast.ClassDef):
        for field, text in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                found[field.target.id] = inspect.cleandoc(str(text.value.value))
    return found
