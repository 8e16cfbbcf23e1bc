"""`config path` and `config init`: where the config file is, and its template."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

import click

from nof1tui.errors import UserError
from nof1tui.settings.paths import UserDirectories
from nof1tui.settings.secret_files import write_secret_file

_TABLES_TEMPLATE = """
## Your own accounts, or other names for known ones. One table each; those with a wallet on
## Hyperliquid are watched with `source = "hyperliquid"`: docs/hyperliquid.md.
# [[trader]]
# id = "my-agent"
# name = "My agent"
# maker = "me"
# color = "#3fd07f"
# wallet = "0x0000000000000000000000000000000000000001"  # of the account
# capital_usd = 5000  # default: net deposits

## Alerts: a figure above or below a value, or events by kind. One table each; all figures: docs/alerts.md.
# [[alert]]
# name = "large drawdown"
# when = "return_pct < -20%"
# trader = "any"
# cool_down = "1h"
#
# [[alert]]
# when = "liquidation_distance_pct < 5%"
# coin = "any"
# to = ["toast", "bell", "webhook"]
#
# [[alert]]
# on = ["flipped", "lead"]
"""


def print_path() -> None:
    """Print the path of the config file."""
    click.echo(UserDirectories.from_environment().config_file)


def write_template(*, force: bool) -> None:
    """Write the template to the config file and print its path. Raises UserError."""
    path = UserDirectories.from_environment().config_file
    if path.exists() and not force:
        raise UserError(f"{path} exists; use --force to overwrite")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_secret_file(path, config_template())
    except OSError as error:
        raise UserError(f"{path} is not writable: {error.strerror or error}") from error
    click.echo(path)


def config_template() -> str:
    """A config file that lists every setting with its description and default, commented out."""
    from nof1tui.settings.base import TABLE_OF_FIELD
    from nof1tui.settings.model import Settings

    descriptions = field_docstrings(Settings)
    lines = [
        "# Settings of nof1-tui. Uncomment a line to change it.",
        "# Overridden by .env, NOF1_* variables and flags.",
    ]
    for name, field in Settings.model_fields.items():
        if name in TABLE_OF_FIELD:
            continue
        lines.append("")
        lines += [f"## {line}" for line in descriptions.get(name, "").splitlines()]
        lines.append(f"# {name} = {toml_value(field.default)}")
    return "\n".join(lines) + "\n" + _TABLES_TEMPLATE


def toml_value(default: Any) -> str:
    """A default as TOML; None is an empty text."""
    return '""' if default is None else json.dumps(default)


def field_docstrings(model: type) -> dict[str, str]:
    """The docstrings below the fields of a class, by field."""
    body = ast.parse(inspect.getsource(model)).body[0]
    docstrings: dict[str, str] = {}
    if isinstance(body, ast.ClassDef):
        for field, text in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                docstrings[field.target.id] = inspect.cleandoc(str(text.value.value))
    return docstrings
