"""Account rows of nof1's API (`account-totals`): structs and conversion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Raw

from nof1tui.domain.records import AccountRow
from nof1tui.sources.decoding.dialects import Extra, decode_dialect, encode_extra
from nof1tui.sources.decoding.values import WireRecord, decode_exact, encode_json
from nof1tui.sources.nof1.context import DecodeContext, account_key, parse_moment
from nof1tui.sources.nof1.fields import TRADER_KEYS, Int32, Number, OptionalText
from nof1tui.sources.nof1.positions import (
    ExactPositionWire,
    RejectedPosition,
    build_exact_positions,
    parse_positions,
)


class AccountFieldsWire(WireRecord):
    """An account row without its positions."""

    aliases: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "model_id": TRADER_KEYS,
        "timestamp": ("time", "updated_at"),
        "dollar_equity": ("equity", "account_value", "total_equity"),
        "total_unrealized_pnl": ("unrealized_pnl",),
        "positions": ("open_positions",),
    }
    times: ClassVar[frozenset[str]] = frozenset({"timestamp"})

    timestamp: Number
    dollar_equity: Number
    id: OptionalText = None
    model_id: OptionalText = None
    since_inception_hourly_marker: Int32 | None = None
    since_inception_minute_marker: Int32 | None = None
    cum_pnl_pct: Number | None = None
    realized_pnl: Number | None = None
    total_unrealized_pnl: Number | None = None
    sharpe_ratio: Number | None = None
    competition: str | int | None = None
    competition_id: str | int | None = None


class AccountWire(AccountFieldsWire):
    """An account row; its positions are decoded one by one."""

    positions: dict[str, Raw] | list[Raw] | None = None


class ExactAccountWire(AccountFieldsWire, forbid_unknown_fields=True):
    """An account row with the documented fields only, positions included: decoded in one step."""

    positions: dict[str, ExactPositionWire] | None = None


def parse_account_row(data: bytes, context: DecodeContext) -> tuple[AccountRow, list[RejectedPosition]]:
    """An account row, and its positions that could not be decoded, with the reasons. Raises InvalidRecord."""
    wire: ExactAccountWire | AccountWire | None = decode_exact(data, ExactAccountWire)
    extra, rejected = Extra(), list[RejectedPosition]()
    positions = build_exact_positions(wire.positions, context) if isinstance(wire, ExactAccountWire) else None
    if wire is None or positions is None:
        wire, extra = decode_dialect(data, AccountWire, context.drift)
        positions = list(parse_positions(wire.positions, context, rejected))
        if "positions" in extra:
            rejected.append((encode_json(extra["positions"]).encode(), "neither a list nor an object"))
    observed_at = parse_moment(context, "account", "timestamp", wire.timestamp)
    trader = wire.model_id or _trader_of_row(wire.id)
    row = AccountRow(
        account=account_key(context, trader, observed_at, wire.competition, wire.competition_id),
        observed_at=observed_at,
        fetched_at=context.fetched_at,
        equity_usd=wire.dollar_equity,
        hourly_marker=wire.since_inception_hourly_marker,
        minute_marker=wire.since_inception_minute_marker,
        return_pct_reported=wire.cum_pnl_pct,
        realized_usd=wire.realized_pnl,
        unrealized_usd=wire.total_unrealized_pnl,
        sharpe_reported=wire.sharpe_ratio,
        positions=tuple(sorted(positions, key=lambda position: position.coin)),
        extra=encode_extra(extra),
    )
    return row, rejected


def _trader_of_row(row_id: str | None) -> str | None:
    """The trader in an account row's id, which ends with `_<hour>` (contract 2)."""
    return row_id.rpartition("_")[0] if row_id else None
