"""Validation errors in plain words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nof1tui.settings.base import DOTENV, PREFIX, TABLES, TOLD, _likely, dotenv_names
from nof1tui.settings.paths import Folders
from nof1tui.settings.tables import AlertTable, TraderTable


def _faults(error: ValidationError, flags: Mapping[str, object]) -> str:
    """The first faults of a validation as lines: which setting, where it was set, what it must be."""
    lines = [f"{_origin(item['loc'], flags)}: {_demand(item)}" for item in error.errors()[:TOLD]]
    return "\n".join(lines)


def _origin(place: tuple[int | str, ...], flags: Mapping[str, object]) -> str:
    """Where the value that counts was set."""
    name = str(place[0])
    variable = (PREFIX + name).upper()
    if name in flags:
        return "--" + name.replace("_", "-")
    if any(key.upper() == variable for key in os.environ):
        return variable
    if variable in dotenv_names():
        return f"{variable} in {DOTENV}"
    if name in TABLES:
        table = f" {int(place[1]) + 1}" if len(place) > 1 else ""
        name = ".".join((f"[[{TABLES[name]}]]{table}", *(str(part) for part in place[2:3])))
    return f"{name} in {Folders.of_environment().config_file}"


def _demand(item: Any) -> str:
    """What the value must be. Never the value itself: it may be a secret."""
    context, kind = item.get("ctx", {}), item["type"]
    match kind:
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}"
        case "greater_than":
            return f"must be more than {context['gt']:g}"
        case "less_than_equal":
            return f"must be at most {context['le']:g}"
        case "finite_number" | "float_parsing" | "float_type":
            return "must be a number"
        case "int_parsing" | "int_type" | "int_from_float":
            return "must be a whole number"
        case "literal_error":
            return f"must be {context['expected']}"
        case "string_pattern_mismatch":
            wallet = item["loc"][-1] == "wallet"
            return "must be 0x and 40 hexadecimal digits" if wallet else "must be a colour like #3fd07f"
        case "extra_forbidden":
            known = list((AlertTable if item["loc"][0] == "alerts" else TraderTable).model_fields)
            return f"there is no such key{_likely(str(item['loc'][-1]), known)}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(context.get("error", item["msg"])).split("\n", 1)[0]
        case _:
            return str(item["msg"])
