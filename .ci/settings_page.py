"""Prints docs/settings.md, generated from the settings model."""

from __future__ import annotations

import sys

from nof1tui.cli.handlers.config_file import field_docstrings, toml_value
from nof1tui.settings.base import ENV_PREFIX, TABLE_OF_FIELD
from nof1tui.settings.model import Settings
from nof1tui.settings.tables import AlertTable, TraderTable

HEAD = """# Settings

Defaults < `config.toml` < `.env` in the current folder < environment < flags. `nof1-tui config show` prints
the values in force and where each comes from, `nof1-tui config path` the path of the file,
`nof1-tui config init` writes a template. An unknown key is an error that suggests the likely one.

This page is generated from the settings model (`python .ci/settings_page.py`).

| in `config.toml` | in the environment | default | |
| --- | --- | --- | --- |
"""
TABLES_HEAD = """
## Tables

In `config.toml` only, any number of each.

| table | keys |
| --- | --- |
"""


def page() -> str:
    """The whole page."""
    descriptions = field_docstrings(Settings)
    lines = []
    for name, field in Settings.model_fields.items():
        if name not in TABLE_OF_FIELD:
            description = " ".join(descriptions.get(name, "").split()).replace("|", "\\|")
            variable, default = (ENV_PREFIX + name).upper(), toml_value(field.default)
            lines.append(f"| `{name}` | `{variable}` | `{default}` | {description} |")
    tables = [
        f"| `[[{TABLE_OF_FIELD[field]}]]` | {', '.join(f'`{key}`' for key in model.model_fields)} |"
        for field, model in (("traders", TraderTable), ("alerts", AlertTable))
    ]
    return HEAD + "\n".join(lines) + "\n" + TABLES_HEAD + "\n".join(tables) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
