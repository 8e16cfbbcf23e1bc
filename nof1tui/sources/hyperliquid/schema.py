"""Structs of Hyperliquid's answers (contract section 6): amounts and sizes are decimal strings.

Optional fields are missing in some versions of the API.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import Meta, Raw

from nof1tui.sources.decoding.values import WireRecord

Millis = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]
_Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
MaybeDecimal = Decimal | None


class CamelCaseRecord(WireRecord, rename="camel"):
    """A record whose keys are camel case on the wire."""


class SummaryWire(CamelCaseRecord):
    account_value: Decimal
    total_margin_used: MaybeDecimal = None
    total_ntl_pos: MaybeDecimal = None
    total_raw_usd: MaybeDecimal = None


class StateWire(CamelCaseRecord):
    """`clearinghouseState` of one market."""

    margin_summary: SummaryWire
    asset_positions: list[Raw]
    cross_margin_summary: SummaryWire | None = None
    cross_maintenance_margin_used: MaybeDecimal = None
    withdrawable: MaybeDecimal = None
    time: Millis | None = None


class LeverageWire(CamelCaseRecord):
    value: Decimal
    type: str | None = None
    raw_usd: MaybeDecimal = None


class CumFundingWire(CamelCaseRecord):
    all_time: MaybeDecimal = None
    since_open: MaybeDecimal = None
    since_change: MaybeDecimal = None


class HoldingWire(CamelCaseRecord):
    """One position of a state, liquidation price included."""

    coin: str
    szi: Decimal
    entry_px: MaybeDecimal = None
    position_value: MaybeDecimal = None
    unrealized_pnl: MaybeDecimal = None
    leverage: LeverageWire | None = None
    liquidation_px: MaybeDecimal = None
    margin_used: MaybeDecimal = None
    return_on_equity: MaybeDecimal = None
    max_trade_szs: list[Decimal] | None = None
    max_leverage: MaybeDecimal = None
    cum_funding: CumFundingWire | None = None


class AssetWire(CamelCaseRecord):
    position: Raw
    type: str | None = None


class FillWire(CamelCaseRecord):
    coin: str
    px: Decimal
    sz: Decimal
    side: Literal["A", "B"]
    time: Millis
    start_position: Decimal
    oid: _Int64
    dir: str = ""
    closed_pnl: MaybeDecimal = None
    fee: Decimal = Decimal(0)
    hash: str = ""
    crossed: bool = True
    tid: _Int64 | None = None
    fee_token: str | None = None
    builder_fee: MaybeDecimal = None
    liquidation: Any = None
    cloid: str | None = None
    twap_id: Any = None


class FundingDeltaWire(CamelCaseRecord):
    coin: str
    usdc: Decimal
    szi: MaybeDecimal = None
    funding_rate: MaybeDecimal = None
    n_samples: int | None = None
    type: str | None = None


class FundingWire(CamelCaseRecord):
    time: Millis
    delta: Raw
    hash: str | None = None


class OrderWire(CamelCaseRecord):
    """An open order; a trigger waits for its price (`Stop Market`, `Take Profit Limit` …)."""

    coin: str
    oid: _Int64
    side: Literal["A", "B"]
    order_type: str
    trigger_px: MaybeDecimal = None
    is_trigger: bool = False
    reduce_only: bool = False
    is_position_tpsl: bool = False
    limit_px: MaybeDecimal = None
    sz: MaybeDecimal = None
    orig_sz: MaybeDecimal = None
    timestamp: Millis | None = None
    trigger_condition: str | None = None
    tif: str | None = None
    cloid: str | None = None
    children: list[Any] | None = None


class PeriodWire(CamelCaseRecord):
    """One period of a `portfolio`: points of time and value."""

    account_value_history: list[tuple[Millis, Decimal]]
    pnl_history: list[tuple[Millis, Decimal]]
    vlm: MaybeDecimal = None


class OwnerWire(CamelCaseRecord):
    user: str | None = None
    master: str | None = None


class RoleWire(CamelCaseRecord):
    """`userRole`; an agent has a `user`, a sub-account a `master`."""

    role: str
    data: OwnerWire | None = None
