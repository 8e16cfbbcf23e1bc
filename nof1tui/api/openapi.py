"""The API as an OpenAPI 3.1 document, made of the endpoints and of the schemas of the documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nof1tui import __version__
from nof1tui.api.endpoints import Endpoint, Parameter
from nof1tui.api.problems import STATUS_OF_PROBLEM, TITLES
from nof1tui.domain.export.command_documents import ALERTS
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.export.schemas import DRAFT, object_schema, show_schema, status_schema

_JSON = "application/json"
_TYPES = {"json": _JSON, "ndjson": "application/x-ndjson", "csv": "text/csv"}
_TEXT_TYPES = {
    "docs": "text/html",
    "problems": "text/html",
    "docs_script": "text/javascript",
    "docs_style": "text/css",
    "stream": "text/event-stream",
    "metrics": "text/plain",
}
_TIME = {"type": ["string", "null"]}
_ENVELOPE: Mapping[str, Any] = {
    "season": {"type": ["string", "null"], "description": "Season of the board."},
    "observed_at": {**_TIME, "description": "Time of the newest account row."},
    "stale": {
        "type": "boolean",
        "description": "Whether the store is away or the newest row is over ten minutes old.",
    },
    "clock": {"type": "string", "enum": ["wall", "replay"]},
    "age_s": {"type": ["number", "null"], "description": "Age of the newest row when the body was made."},
    "next": {
        "type": ["string", "null"],
        "description": "Cursor of the next page; null at the end of the list.",
    },
}
"""Keys that a body has beside those of `show --json`."""


def openapi_document(endpoints: Sequence[Endpoint], server: str = "/") -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DRAFT,
        "info": {
            "title": "nof1-tui",
            "version": __version__,
            "summary": "Trades, positions, decisions and figures of LLMs that trade. Read only.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in endpoints},
        "components": {
            "schemas": {**_schemas(endpoints), "problem": _problem_schema()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "From `nof1-tui tokens create`.",
                },
                "password": {"type": "http", "scheme": "basic", "description": "The token as password."},
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    parameters = [_parameter(its) for its in endpoint.parameters]
    if endpoint.path.endswith("/{id}"):
        parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "The answer.", "content": _content(endpoint)},
            "default": {
                "description": "A problem.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
            },
        },
    }
    if endpoint.scope is not None:
        operation["security"] = [{"token": []}, {"password": []}]
        operation["description"] = f"Scope: `{endpoint.scope}`."
    return operation


def _content(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.name in _TEXT_TYPES:
        return {_TEXT_TYPES[endpoint.name]: {"schema": {"type": "string"}}}
    schema = (
        {"$ref": f"#/components/schemas/{endpoint.document}"} if endpoint.document else {"type": "object"}
    )
    return {
        _TYPES[form]: {"schema": schema if form == "json" else {"type": "string"}}
        for form in endpoint.formats
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any]
    match parameter.kind:
        case "count":
            schema = {"type": "integer", "minimum": parameter.least, "maximum": parameter.most}
        case "flag":
            schema = {"type": "string", "enum": ["1", "0", "true", "false"]}
        case "choice":
            schema = {"type": "string", "enum": list(parameter.choices)}
        case "names":
            items: dict[str, Any] = {"type": "string"}
            if parameter.choices:
                items["enum"] = list(parameter.choices)
            schema = {"type": "array", "items": items}
        case _:
            schema = {
                "type": "string",
                "minLength": 1,
                "maxLength": 100 if parameter.kind == "moment" else parameter.most,
            }
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": schema,
    }
    return described | ({"style": "form", "explode": False} if parameter.kind == "names" else {})


def _schemas(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    return {
        name: body_schema(name)
        for name in dict.fromkeys(endpoint.document for endpoint in endpoints)
        if name is not None
    }


def body_schema(name: str) -> dict[str, Any]:
    """The schema of a body: that of the command's document, with the keys of the envelope."""
    if name == "status":
        schema = status_schema()
    elif name == "alerts":
        schema = object_schema(ALERTS)
    else:
        schema = show_schema(DOCUMENTS[name])
        optional = {member.key for member in DOCUMENTS[name].extra} if name == "trades" else set[str]()
        schema["properties"] = {**schema["properties"], **_ENVELOPE}
        schema["required"] = [key for key in schema.get("required", ()) if key not in optional]
    return {key: value for key, value in schema.items() if key != "$schema"}


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "title", "status", "instance"],
        "properties": {
            "type": {"type": "string", "enum": [f"/docs/problems#{slug}" for slug in STATUS_OF_PROBLEM]},
            "title": {"type": "string", "enum": list(TITLES.values())},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {
                "type": "string",
                "description": "Id of the request, as in X-Request-Id and the log.",
            },
            "param": {"type": "string"},
        },
        "additionalProperties": False,
    }
