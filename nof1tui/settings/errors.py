"""Messages for validation errors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from nof1tui.settings.base import (
    DOTENV,
    ENV_PREFIX,
    MAX_REPORTED_FAULTS,
    TABLE_OF_FIELD,
    dotenv_names,
    suggest_setting,
)
from nof1tui.settings.paths import UserDirectories
from nof1tui.settings.tables import AlertTable, TraderTable


def describe_validation_error(error: ValidationError, flags: Mapping[str, object]) -> str:
    """The first faults as lines: the setting, where it is set, what it must be."""
    lines = [
        f"{_origin(item['loc'], flags)}: {_requirement(item)}"
        for item in error.errors()[:MAX_REPORTED_FAULTS]
    ]
    return "\n".join(lines)


def _origin(location: tuple[int | str, ...], flags: Mapping[str, object]) -> str:
    """Where the invalid value is set."""
    name = str(location[0])
    variable = (ENV_PREFIX + name).upper()
    if name in flags:
        return "--" + name.replace("_", "-")
    if any(key.upper() == variable for key in os.environ):
        return variable
    if variable in dotenv_names():
        return f"{variable} in {DOTENV}"
    if name in TABLE_OF_FIELD:
        table = f" {int(location[1]) + 1}" if len(location) > 1 else ""
        name = ".".join((f"[[{TABLE_OF_FIELD[name]}]]{table}", *(str(part) for part in location[2:3])))
    return f"{name} in {UserDirectories.from_environment().config_file}"


def _requirement(item: Any) -> str:
    """What the value must be, without the value itself, which may be a secret."""
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
            return f"unknown key{suggest_setting(str(item['loc'][-1]), known)}"
        case "missing":
            return "is missing"
        case "value_error":
            return str(context.get("error", item["msg"])).split("\n", 1)[0]
        case _:
            return str(item["msg"])
