"""Decodes bodies of Hyperliquid's info endpoint, pure (contract section 6).

A body of another shape than its type is malformed as a whole. Positions, fills, payments and orders are
decoded one by one: strictly, then leniently. One that fails both is a reject with its raw text and the
reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from nof1tui.domain.batch import Reject
from nof1tui.domain.fills.fill import ZERO, Fill, FundingPayment, is_spot_coin
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.errors import DECODE_ERRORS, InvalidRecord, reject_reason
from nof1tui.sources.decoding.schema_drift import DriftRecorder, KnownDrift
from nof1tui.sources.decoding.values import decode_record, require_name
from nof1tui.sources.hyperliquid.schema import (
    AssetWire,
    FillWire,
    FundingDeltaWire,
    FundingWire,
    HoldingWire,
    OrderWire,
    PeriodWire,
    RoleWire,
    StateWire,
)

_T = TypeVar("_T")
_USD_FEE_TOKENS = (None, "USDC")
"""Tokens whose fees are counted; a fee in another token counts as zero, since its price is unknown."""
_MAX_QUARANTINED_BYTES = 16_384
"""Bytes kept of a body that is malformed as a whole."""


@dataclass(frozen=True, slots=True)
class WalletPosition:
    """One position of a state, with its unknown keys as JSON."""

    wire: HoldingWire
    extra: str | None


@dataclass(frozen=True, slots=True)
class MarketState:
    """The `clearinghouseState` of one wallet in one market."""

    at: datetime
    wire: StateWire
    positions: tuple[WalletPosition, ...]
    extra: str | None

    @property
    def value_usd(self) -> Decimal:
        """Account value."""
        return self.wire.margin_summary.account_value

    @property
    def trading_state(self) -> tuple[object, ...]:
        """The figures that change with trading, funding and transfers, but not with prices."""
        sizes = ((position.wire.coin, position.wire.szi) for position in self.positions)
        return self.wire.margin_summary.total_raw_usd, *sizes


@dataclass(frozen=True, slots=True)
class AddressRole:
    """The role of an address on the chain."""

    kind: str
    """`user`, `vault`, `agent`, `subAccount`, `missing`."""
    owner: str | None = None
    """The account that an agent signs for, or that a sub-account belongs to."""


@dataclass
class InfoDecoder:
    """Decodes one body; rejects and drift are collected."""

    kind: str
    """The request's type."""
    body: bytes
    fetched_at: datetime
    known_drift: KnownDrift = field(default_factory=KnownDrift)
    wallet: str = ""
    """The address of the request."""
    rejects: list[Reject] = field(default_factory=list)
    item_count: int = 0
    """Items of a list, which determine the request's weight."""

    def __post_init__(self) -> None:
        self.drift = DriftRecorder(self.kind, self.fetched_at, self.known_drift)

    def parse_state(self) -> MarketState:
        """The state of a wallet in one market. Raises SourceMalformed."""
        try:
            wire, extra = decode_record(self.body, StateWire, self.drift)
        except (InvalidRecord, *DECODE_ERRORS) as error:
            raise self._malformed("a wallet's state", error) from error
        at = self.fetched_at if wire.time is None else parse_millis(wire.time)
        return MarketState(
            at, wire, tuple(self._parse_each(wire.asset_positions, self._parse_position)), extra
        )

    def parse_fills(self) -> list[Fill]:
        """Fills in the order of the body, spot pairs included. Raises SourceMalformed."""
        return list(self._parse_each(self._list("a list of fills"), self._parse_fill))

    def parse_funding(self) -> list[FundingPayment]:
        """Funding payments in the order of the body. Raises SourceMalformed."""
        return list(self._parse_each(self._list("a list of funding payments"), self._parse_payment))

    def parse_orders(self) -> list[OrderWire]:
        """Open orders in the order of the body. Raises SourceMalformed."""
        return list(self._parse_each(self._list("a list of orders"), self._parse_order))

    def parse_mids(self) -> dict[str, Decimal]:
        """Mid prices by coin, spot pairs left out. Raises SourceMalformed."""
        try:
            raws = msgspec.json.decode(self.body, type=dict[str, Raw])
        except DECODE_ERRORS as error:
            raise self._malformed("prices by coin", error) from error
        prices: dict[str, Decimal] = {}
        for coin, raw in raws.items():
            if not is_spot_coin(coin):
                for price in self._parse_each([raw], _parse_price):
                    prices[coin] = price
        return prices

    def parse_portfolio(self) -> dict[str, PeriodWire]:
        """History of account value and P&L by period. Raises SourceMalformed."""
        try:
            pairs = msgspec.json.decode(self.body, type=list[tuple[str, Raw]])
        except DECODE_ERRORS as error:
            raise self._malformed("a portfolio", error) from error
        periods: dict[str, PeriodWire] = {}
        for period, raw in pairs:
            for wire in self._parse_each([raw], self._parse_period):
                periods[period] = wire
        return periods

    def parse_role(self) -> AddressRole:
        """The role of an address. Raises SourceMalformed."""
        try:
            wire = msgspec.json.decode(self.body, type=RoleWire)
        except DECODE_ERRORS as error:
            raise self._malformed("a role", error) from error
        owner = wire.data.user or wire.data.master if wire.data else None
        return AddressRole(sanitise_line(wire.role, 20), sanitise_line(owner, 42) if owner else None)

    def _list(self, expected: str) -> list[Raw]:
        try:
            raws = msgspec.json.decode(self.body, type=list[Raw])
        except DECODE_ERRORS as error:
            raise self._malformed(expected, error) from error
        self.item_count = len(raws)
        return raws

    def _parse_each(self, raws: Iterable[Raw], parse: Callable[[bytes], _T]) -> Iterable[_T]:
        """The items that can be decoded; the others become rejects."""
        for raw in raws:
            data = bytes(raw)
            try:
                item = parse(data)
            except (InvalidRecord, OverflowError, *DECODE_ERRORS) as error:
                self.rejects.append(self._reject(data, reject_reason(error)))
            else:
                yield item

    def _parse_position(self, data: bytes) -> WalletPosition:
        asset, outer = decode_record(data, AssetWire, self.drift)
        wire, extra = decode_record(bytes(asset.position), HoldingWire, self.drift)
        require_name(wire.coin, "coin")
        return WalletPosition(wire, extra if outer is None else extra or outer)

    def _parse_fill(self, data: bytes) -> Fill:
        wire, _ = decode_record(data, FillWire, self.drift)
        if wire.sz <= 0 or wire.px <= 0:
            raise InvalidRecord(f"sz {wire.sz} at px {wire.px} is not a fill")
        return Fill(
            coin=require_name(wire.coin, "coin"),
            price=wire.px,
            size=wire.sz,
            is_buy=wire.side == "B",
            at=parse_millis(wire.time),
            start_position=wire.start_position,
            closed_pnl=wire.closed_pnl,
            fee=wire.fee if wire.fee_token in _USD_FEE_TOKENS else ZERO,
            oid=wire.oid,
            hash=wire.hash,
            tid=wire.tid,
            direction=sanitise_line(wire.dir, 60),
            liquidation=_is_liquidation_of(wire.liquidation, self.wallet),
            crossed=wire.crossed,
        )

    def _parse_payment(self, data: bytes) -> FundingPayment:
        wire, _ = decode_record(data, FundingWire, self.drift)
        delta, _ = decode_record(bytes(wire.delta), FundingDeltaWire, self.drift)
        return FundingPayment(require_name(delta.coin, "coin"), parse_millis(wire.time), delta.usdc)

    def _parse_order(self, data: bytes) -> OrderWire:
        wire, _ = decode_record(data, OrderWire, self.drift)
        require_name(wire.coin, "coin")
        return wire

    def _parse_period(self, data: bytes) -> PeriodWire:
        wire, _ = decode_record(data, PeriodWire, self.drift)
        for _, value in (*wire.account_value_history, *wire.pnl_history):
            if not value.is_finite():
                raise InvalidRecord(f"{value} is not a finite number")
        return wire

    def _reject(self, data: bytes, reason: str) -> Reject:
        return Reject(self.kind, data.decode("utf-8", "backslashreplace"), reason, self.fetched_at)

    def _malformed(self, expected: str, error: Exception) -> SourceMalformed:
        reason = "it is empty" if self.body.strip() in (b"", b"null") else reject_reason(error)
        malformed = SourceMalformed(
            sanitise_line(f"{self.kind}: the answer is not {expected}: {reason}", 200), status=200
        )
        malformed.reject = self._reject(self.body[:_MAX_QUARANTINED_BYTES], str(malformed))
        return malformed


def _is_liquidation_of(liquidation: Any, wallet: str) -> bool:
    """Whether this wallet was liquidated; the counterparty's fill carries the same field."""
    user = liquidation.get("liquidatedUser") if isinstance(liquidation, dict) else None
    return liquidation is not None and (not isinstance(user, str) or user.lower() == wallet.lower())


def market_of(coin: str) -> str:
    """The builder market of a coin (`xyz` of `xyz:NVDA`); empty for the main market."""
    market, colon, _ = coin.partition(":")
    return market if colon else ""


def parse_millis(millis: int) -> datetime:
    """A time in milliseconds as an aware datetime. Raises InvalidRecord for one before 2020."""
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    if moment.year < 2020:
        raise InvalidRecord(f"time: {millis} is not a time of this chain")
    return moment


def _parse_price(data: bytes) -> Decimal:
    price = msgspec.json.decode(data, type=Decimal)
    if not price.is_finite() or price <= 0:
        raise InvalidRecord(f"{price} is not a price")
    return price
