"""Reads the parameters of a request by its endpoint. What is unknown or wrong is an error that names it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from nof1tui.api.endpoints import Endpoint, Parameter
from nof1tui.api.problems import ApiProblem
from nof1tui.domain.time_expressions import UnknownMoment, parse_moment

Values = Mapping[str, Any]
"""Values by parameter; those that were not given are missing. Moments are texts until `moment` reads them."""
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_COUNT = re.compile(r"[0-9]{1,9}")
_MOST_PARAMETERS = 32


def read_parameters(endpoint: Endpoint, query: str) -> dict[str, Any]:
    """The values of a query string. Raises ApiProblem `bad-parameter`."""
    try:
        pairs = parse_qsl(
            query,
            keep_blank_values=True,
            strict_parsing=bool(query),
            max_num_fields=_MOST_PARAMETERS,
            errors="strict",
        )
    except ValueError as error:
        raise ApiProblem("bad-parameter", "the query string is not valid: name=value&name=value") from error
    values: dict[str, Any] = {}
    for name, text in pairs:
        parameter = endpoint.parameter(name)
        if parameter is None:
            raise ApiProblem("bad-parameter", _unknown(endpoint, name), param=name)
        if name in values:
            raise ApiProblem("bad-parameter", f"{name} is given twice", param=name)
        values[name] = _value(parameter, text)
    return values


def moment(values: Values, name: str, now: datetime) -> datetime | None:
    """The time that a parameter names, relative ones from `now`; None if it was not given.

    Raises ApiProblem `bad-parameter`.
    """
    text = values.get(name)
    if text is None:
        return None
    try:
        return parse_moment(text, now)
    except UnknownMoment as error:
        raise ApiProblem("bad-parameter", str(error), param=name) from error


def _unknown(endpoint: Endpoint, name: str) -> str:
    names = [its.name for its in endpoint.parameters]
    near = difflib.get_close_matches(name[:60].lower(), names, n=1)
    if near:
        return f"unknown parameter; did you mean {near[0]}?"
    known = ", ".join(names) or "none"
    return f"unknown parameter; {endpoint.path} takes: {known}"


def _value(parameter: Parameter, text: str) -> Any:
    if "\x00" in text:
        raise ApiProblem("bad-parameter", "must not contain NUL", param=parameter.name)
    match parameter.kind:
        case "count":
            return _count(parameter, text)
        case "flag":
            if text.lower() not in _FLAGS:
                raise ApiProblem("bad-parameter", "must be 1 or 0", param=parameter.name)
            return _FLAGS[text.lower()]
        case "choice":
            return _choice(parameter, text)
        case "names":
            names = [name.strip() for name in text.split(",") if name.strip()]
            return tuple(_choice(parameter, name) for name in names) if parameter.choices else tuple(names)
        case "moment":
            _check_length(parameter, text, 100)
            return text
        case _:
            _check_length(parameter, text, parameter.most)
            return text


def _check_length(parameter: Parameter, text: str, most: int) -> None:
    if not text.strip():
        raise ApiProblem("bad-parameter", "must not be empty", param=parameter.name)
    if len(text) > most:
        raise ApiProblem("bad-parameter", f"has at most {most} characters", param=parameter.name)


def _count(parameter: Parameter, text: str) -> int:
    if _COUNT.fullmatch(text) is None or not parameter.least <= int(text) <= parameter.most:
        wanted = f"must be a whole number from {parameter.least} to {parameter.most}"
        raise ApiProblem("bad-parameter", wanted, param=parameter.name)
    return int(text)


def _choice(parameter: Parameter, text: str) -> str:
    if text not in parameter.choices:
        near = difflib.get_close_matches(text[:60].lower(), parameter.choices, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ApiProblem(
            "bad-parameter", f"must be one of {', '.join(parameter.choices)}{hint}", param=parameter.name
        )
    return text
