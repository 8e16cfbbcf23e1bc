"""Prints docs/settings.md, made from the settings' own model."""

from __future__ import annotations

import sys

from nof1tui.cli.handlers.config_file import field_docstrings, toml_value
from nof1tui.settings.base import ENV_PREFIX, TABLE_OF_FIELD
from nof1tui.settings.model import Settings
from nof1tui.settings.tables import AlertTable, TraderTable

HEAD = """# Settings

Defaults < `config.toml` < `.env` in the current folder < environment < flags. `nof1-tui config show` tells
what is in force and where each value came from, `nof1-tui config path` where the file is looked for,
`nof1-tui config init` writes one to begin with. A key that does not exist is an error, which names the
likely one.

This page is made from the program's own model (`python .ci/settings_page.py`).

| in `config.toml` | in the environment | default | |
| --- | --- | --- | --- |
"""
TABLES_HEAD = """
## Tables

In `config.toml` alone, as often as wanted.

| table | keys |
| --- | --- |
"""


def page() -> str:
    said = field_docstrings(Settings)
    lines = []
    for name, field in Settings.model_fields.items():
        if name not in TABLE_OF_FIELD:
            words = " ".join(said.get(name, "").split()).replace("|", "\\|")
            lines.append(
                f"| `{name}` | `{(ENV_PREFIX + name).upper()}` | `{toml_value(field.default)}` | {words} |"
            )
    tables = [
        f"| `[[{TABLE_OF_FIELD[field]}]]` | {', '.join(f'`{key}`' for key in model.model_fields)} |"
        for field, model in (("traders", TraderTable), ("alerts", AlertTable))
    ]
    return HEAD + "\n".join(lines) + "\n" + TABLES_HEAD + "\n".join(tables) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
