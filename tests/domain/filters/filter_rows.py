"""Rows of tables, and what a filter may ask of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from nof1tui.domain.filters.evaluate import RowValue
from nof1tui.domain.filters.fields import FilterField, FilterFields

NOW = datetime(2025, 10, 28, 7, 4, 56, tzinfo=UTC)

TRADE_FIELDS = FilterFields(
    (
        FilterField("closed", "moment", aliases=("at",), role="time"),
        FilterField("model", "text"),
        FilterField("net", "number", aliases=("net_usd",)),
        FilterField("return", "percent"),
        FilterField("leverage", "number", aliases=("lev",)),
        FilterField("confidence", "number", aliases=("conf",)),
        FilterField("held", "duration"),
        FilterField("kind", "id", choices=("opened", "closed", "flipped"), role="event_kind"),
    )
)


@dataclass(frozen=True)
class TradeRow:
    trader: str = "claude-sonnet-4-5"
    name: str = "Claude Sonnet 4.5"
    coin: str | None = "BTC"
    side: str | None = "long"
    season: str = "season-1"
    closed: datetime | None = NOW
    net: float | None = 431.27
    gain: float | None = 12.5
    leverage: float | None = 10.0
    confidence: float | None = 0.7
    held: float | None = 7_200.0
    note: str = ""
    flags: tuple[str, ...] = ()


class TradeReader:
    def text(self, row: TradeRow, /) -> str:
        return f"{row.name} {row.coin} {row.side} {row.note}"

    def value(self, row: TradeRow, field: str, /) -> RowValue:
        values: dict[str, RowValue] = {
            "trader": (row.trader, row.name),
            "model": row.name,
            "coin": row.coin,
            "side": row.side,
            "season": row.season,
            "closed": row.closed,
            "net": row.net,
            "return": row.gain,
            "leverage": row.leverage,
            "confidence": row.confidence,
            "held": row.held,
        }
        return values.get(field)

    def has_flag(self, row: TradeRow, flag: str, /) -> bool:
        return flag in row.flags or flag == row.side


class TextReader:
    """Rows that are only text."""

    def text(self, row: str, /) -> str:
        return row

    def value(self, row: str, name: str, /) -> None:
        return None

    def has_flag(self, row: str, flag: str, /) -> bool:
        return False
