"""Base of the models: schema, naming convention, type map, column declarations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Double, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from nof1tui.store.connection.connect import SCHEMA

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 SQLAlchemy's declaration
        datetime: DateTime(timezone=True),
        float: Double(),
        str: Text(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(none_as_null=True),
    }


def primary_key_column(*arguments: Any, **options: Any) -> Any:
    """A column of the primary key."""
    return mapped_column(*arguments, primary_key=True, **options)


def described_column(comment: str, *arguments: Any, **options: Any) -> Any:
    """A column with a comment: meaning, unit and source."""
    return mapped_column(*arguments, comment=comment, **options)
