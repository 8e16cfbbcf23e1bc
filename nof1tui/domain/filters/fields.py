"""What a filter may name: the columns of a table, four fields that every table has, and flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

FieldKind = Literal["text", "id", "number", "percent", "duration", "moment"]
"""How a field's values are written and compared.

text: `:` contains. id: `:` is equal to or begins with, in any spelling of the id.
number, percent, duration (rows give seconds), moment (rows give an aware datetime): ordered.
"""

StoreRole = Literal["trader", "coin", "side", "season", "event_kind", "time"]
"""What a field is to a store, whatever the column that shows it is called."""

FLAGS = ("long", "short", "win", "loss", "acting", "unread", "near", "open", "weak")


@dataclass(frozen=True, slots=True)
class FilterField:
    """A name that `:` or a comparison may follow."""

    name: str
    kind: FieldKind
    aliases: tuple[str, ...] = ()
    """Other names for it; a filter is written back with `name`."""
    choices: tuple[str, ...] = ()
    """Every value an id can have, where they are few; others are refused."""
    role: StoreRole | None = None


COMMON_FIELDS = (
    FilterField("trader", "id", role="trader"),
    FilterField("coin", "id", role="coin"),
    FilterField("side", "id", choices=("long", "short"), role="side"),
    FilterField("season", "id", role="season"),
)
"""Fields of every table; a column of the same name replaces one."""


@dataclass(frozen=True, slots=True)
class FilterFields:
    """The fields and flags of one table."""

    columns: tuple[FilterField, ...] = ()
    flags: tuple[str, ...] = FLAGS
    _by_name: Mapping[str, FilterField] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {common.name: common for common in COMMON_FIELDS}
        by_name |= {alias.lower(): column for column in self.columns for alias in column.aliases}
        by_name |= {column.name.lower(): column for column in self.columns}
        object.__setattr__(self, "_by_name", by_name)

    def named(self, name: str) -> FilterField | None:
        """The field of this name or alias, in any case; None where there is none."""
        return self._by_name.get(name.lower())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields, without aliases: columns in their order, then the common ones."""
        ordered: Iterable[FilterField] = (*self.columns, *COMMON_FIELDS)
        return tuple(dict.fromkeys(one.name for one in ordered))

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names and aliases of the fields."""
        return tuple(dict.fromkeys((*self.names, *self._by_name)))
