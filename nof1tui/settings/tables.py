"""The `[[trader]]` and `[[alert]]` tables of the config file."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
OneOrMany = BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)


class TraderTable(BaseModel):
    """A `[[trader]]` table: your own account, or another name for a known one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1)]
    name: str | None = None
    maker: str | None = None
    color: Annotated[Color | None, Field(validation_alias=AliasChoices("color", "colour"))] = None
    wallet: Annotated[str | None, Field(pattern=r"^0x[0-9a-fA-F]{40}$")] = None
    capital_usd: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None
    """Starting capital; default: what the arena states, of a wallet its net deposits."""


class AlertTable(BaseModel):
    """An `[[alert]]` table: a condition, and the channels to send the alert to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str | None, Field(max_length=80)] = None
    when: Annotated[str | None, Field(max_length=200)] = None
    on: Annotated[tuple[str, ...], OneOrMany] = ()
    trader: str | None = None
    coin: str | None = None
    feed: str | None = None
    cool_down: str | float | None = None
    hysteresis: float | None = None
    to: Annotated[tuple[str, ...] | None, OneOrMany] = None
    at_start: bool = False
