"""Writes docs/schemas, generated from the figures; with --check, names files that differ and fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from nof1tui.cli.handlers.config_file import field_docstrings
from nof1tui.domain.export.schemas import Schema, root, schemas
from nof1tui.settings.model import Settings
from nof1tui.settings.tables import AlertTable, TraderTable

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"
TABLES: tuple[type[BaseModel], ...] = (TraderTable, AlertTable)
KEPT = ("type", "enum", "const", "pattern")


def texts() -> dict[str, str]:
    """The text of each file, by its name."""
    every = {**schemas(), "config": config_schema()}
    return {
        f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in every.items()
    }


def config_schema() -> Schema:
    """The schema of `config show --json`: each setting with its value and its origin."""
    declared = Settings.model_json_schema(mode="serialization")
    definitions = {model.__name__: table_schema(model, declared["$defs"][model.__name__]) for model in TABLES}
    descriptions = docstrings(Settings)
    origin = {"description": "A flag, an environment variable, a file, or `default`.", "type": "string"}
    return root(
        "nof1-tui config show --json",
        closed_object(
            {
                name: {
                    "description": descriptions[name],
                    **closed_object(
                        {
                            "value": {
                                "description": "Value in force, secrets masked.",
                                **plain(schema, definitions),
                            },
                            "origin": origin,
                        }
                    ),
                }
                for name, schema in declared["properties"].items()
            }
        ),
    )


def table_schema(model: type[BaseModel], schema: Schema) -> Schema:
    """The schema of a table of the config file."""
    descriptions = docstrings(model)
    return closed_object(
        {
            name: {"description": descriptions[name], **plain(its, {})}
            for name, its in schema["properties"].items()
        }
    )


def closed_object(properties: dict[str, Schema]) -> Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def plain(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Types only: defaults and limits are those of the settings, and a secret is masked."""
    if "$ref" in schema:
        return definitions[schema["$ref"].rpartition("/")[2]]
    kept: dict[str, Any] = {key: schema[key] for key in KEPT if key in schema}
    if "items" in schema:
        kept["items"] = plain(schema["items"], definitions)
    if "anyOf" in schema:
        kept["anyOf"] = [plain(its, definitions) for its in schema["anyOf"]]
    return kept


def docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The docstring of each field as one line; its name in words where it has none."""
    found = field_docstrings(model)
    return {
        name: " ".join(found.get(name, f"{name.replace('_', ' ').capitalize()}.").split())
        for name in model.model_fields
    }


def main(arguments: list[str]) -> int:
    wanted = texts()
    known = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    if "--check" in arguments:
        stale = sorted(name for name in wanted.keys() | known.keys() if wanted.get(name) != known.get(name))
        if stale:
            print(f"docs/schemas: {', '.join(stale)} differ; run python .ci/schemas.py", file=sys.stderr)
        return 1 if stale else 0
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
