"""JSON schemas of the documents that commands print, made of their figures and members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from nof1tui.domain.export import command_documents
from nof1tui.domain.export.documents import DOCUMENTS, ENVELOPE, FEEDS, STATUS, Document
from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.figure import Figure, Member, Unit

Schema = dict[str, Any]
Described: TypeAlias = Figure[Any] | Member
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$"}
_TYPES: Mapping[Unit, Schema] = {
    "usd": {"type": "number", "unit": "USD"},
    "pct": {"type": "number", "unit": "%"},
    "pp": {"type": "number", "unit": "percentage points"},
    "ratio": {"type": "number"},
    "multiple": {"type": "number", "unit": "x"},
    "fraction": {"type": "number"},
    "price": {"type": "number", "unit": "USD per coin"},
    "coins": {"type": "number", "unit": "coins"},
    "seconds": {"type": "number", "unit": "s"},
    "bytes": {"type": "integer", "unit": "B"},
    "count": {"type": "integer"},
    "counter": {"type": "integer"},
    "time": {**_TIME, "unit": "ISO 8601, UTC"},
    "id": {"type": "string"},
    "text": {"type": "string"},
    "choice": {"type": "string"},
    "flag": {"type": "boolean"},
}
_ORDER_ID: Schema = {"type": "integer"}
_ORDER_KEYS = ("_oid", "order")
"""Ids of orders are numbers, those of records are texts."""
_ANY: Schema = {"type": ["number", "string", "boolean", "array", "object", "null"]}
_SHOWN = ("leaderboard", "stats", "positions", "trades", "prices", "coins", "chat", "events")
_WITHOUT_FIGURES = {
    "doctor": ("nof1-tui doctor --json", command_documents.DOCTOR),
    "traders": ("nof1-tui traders list --json", command_documents.TRADERS),
    "wallets": ("nof1-tui traders check --json", command_documents.WALLETS),
    "figures": ("nof1-tui show WHAT --explain list --json", command_documents.FIGURES),
    "alerts": ("nof1-tui alerts list --json", command_documents.ALERTS),
    "alert": ("An alert, as a command gets it on stdin and a webhook by POST", command_documents.ALERT),
    "log": ("A line of nof1-tui collect --log-format json", command_documents.LOG_LINE),
}


def schemas() -> dict[str, Schema]:
    """Every schema that needs no settings, by the name of its file."""
    shown = {what: show_schema(DOCUMENTS[what]) for what in _SHOWN}
    others = {
        name: root(title, object_schema(members)) for name, (title, members) in _WITHOUT_FIGURES.items()
    }
    return {**shown, "status": status_schema(), "explain": explain_schema(), **others}


def root(title: str, schema: Schema) -> Schema:
    """A whole schema."""
    return {"$schema": DRAFT, "title": title, **schema}


def show_schema(document: Document) -> Schema:
    """The schema of `show WHAT --json`."""
    schema = object_schema((_kind(document.what), *ENVELOPE, *document.extra))
    rows = object_schema(document.figures(full=True), optional=document.optional)
    _add(schema, "rows", {"description": "Rows of the table.", "type": "array", "items": rows})
    return root(f"nof1-tui show {document.what} --json", schema)


def status_schema() -> Schema:
    """The schema of `status --json`."""
    schema, row = object_schema(STATUS.figures()), object_schema(FEEDS.figures())
    _add(schema, "feeds", {"description": "By feed.", "type": "object", "additionalProperties": row})
    return root("nof1-tui status --json", schema)


def explain_schema() -> Schema:
    """The schema of `show WHAT --explain KEY --json`."""
    schema = object_schema((_kind("explain"), *ENVELOPE))
    row = object_schema(command_documents.EXPLAINED)
    _add(row, "value", {"description": "The value, as in the document.", **_ANY})
    inputs = {"description": "Values of the figures that its formula takes, by key."}
    _add(row, "inputs", {**inputs, "type": "object", "additionalProperties": _ANY})
    figure = {"description": "The figure.", **object_schema(command_documents.FIGURE)}
    _add(schema, "figure", figure)
    _add(schema, "rows", {"description": "Its value in each row.", "type": "array", "items": row})
    return root("nof1-tui show WHAT --explain KEY --json", schema)


def object_schema(described: Iterable[Described], optional: frozenset[str] = frozenset()) -> Schema:
    """The schema of an object with exactly these keys."""
    members = tuple(described)
    required = [its.key for its in members if its.key not in optional and getattr(its, "required", True)]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": {its.key: value_schema(its) for its in members},
    }


def value_schema(its: Described) -> Schema:
    """The schema of one key's value, with description, unit, and how it is computed."""
    schema: Schema = {"description": its.description}
    if isinstance(its, Figure):
        more = {"formula": its.formula, "source": its.source, "minimum_n": its.minimum_n}
        schema |= {f"x-{name.replace('_', '-')}": value for name, value in more.items() if value}
    if its.unit == "object":
        kind = _object(its)
    elif its.unit == "list":
        kind = {"type": "array", "items": _items(its)}
    else:
        kind = _ORDER_ID if its.key.endswith(_ORDER_KEYS) else _scalar(its.unit, its.choices)
    return schema | (_nullable(kind) if its.nullable else kind)


def _object(its: Described) -> Schema:
    """An object with these members, or one whose keys are data."""
    if its.item_unit is None:
        return object_schema(its.members)
    value = object_schema(its.members) if its.members else _scalar(its.item_unit)
    return {"type": "object", "additionalProperties": value} | _keys_of(its)


def _keys_of(its: Described) -> Schema:
    """Of an object by figures: their keys."""
    if not isinstance(its, Figure) or its.key not in ("reasons", "basis"):
        return {}
    keys = [figure.key for figure in catalogue.default_catalogue().of(its.subject)]
    return {"propertyNames": {"enum": keys}}


def _items(its: Described) -> Schema:
    """An item of a list: an object with the members, a list, or a plain value."""
    if its.item_unit == "list":
        return {"type": "array", "items": value_schema(its.members[0])}
    return object_schema(its.members) if its.members else _scalar(its.item_unit or "text")


def _scalar(unit: Unit, choices: tuple[str, ...] = ()) -> Schema:
    return {**_TYPES[unit], **({"enum": list(choices)} if choices else {})}


def _nullable(schema: Schema) -> Schema:
    kinds = schema["type"]
    nullable = {**schema, "type": [*(kinds if isinstance(kinds, list) else [kinds]), "null"]}
    return nullable | {"enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _kind(what: str) -> Member:
    return Member("what", "choice", "Kind of document.", choices=(what,))


def _add(schema: Schema, key: str, value: Schema) -> None:
    schema["required"].append(key)
    schema["properties"][key] = value
