"""Bodies of Hyperliquid's info endpoint to what they say, pure (contract section 6).

The body must be what its type promises, or the answer is malformed as a whole. Every position, fill,
payment and order is decoded on its own: strictly, then leniently, else it is a reject with its raw text and
the reason.
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
from nof1tui.sources.decoding.json_stream import DECODE_ERRORS
from nof1tui.sources.decoding.schema_drift import DriftRecorder, KnownDrift
from nof1tui.sources.decoding.values import InvalidRecord, decode_record, reject_reason, require_name
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
"""What a fee may be paid in to be counted; one in another token counts zero: nobody tells its price then."""
_MAX_QUARANTINED_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class WalletPosition:
    """One position of a state, whole, with the keys that this program does not know."""

    cached_payload: HoldingWire
    extra: str | None


@dataclass(frozen=True, slots=True)
class MarketState:
    """What `clearinghouseState` says of one wallet in one market."""

    at: datetime
    wire: StateWire
    positions: tuple[WalletPosition, ...]
    extra: str | None

    @property
    def value_usd(self) -> Decimal:
        return self.wire.margin_summary.account_value

    @property
    def trading_state(self) -> tuple[object, ...]:
        """What only trading, funding and transfers change, never a price."""
        held = ((each.cached_payload.coin, each.cached_payload.szi) for each in self.positions)
        return self.wire.margin_summary.total_raw_usd, *held


@dataclass(frozen=True, slots=True)
class AddressRole:
    """What an address is on the chain."""

    kind: str
    """`user`, `vault`, `agent`, `subAccount`, `missing`."""
    owner: str | None = None
    """The account that an agent signs for, or that a sub-account belongs to."""


@dataclass
class InfoDecoder:
    """One body on its way to what it says."""

    kind: str
    """The question's type."""
    body: bytes
    fetched_at: datetime
    known_drift: KnownDrift = field(default_factory=KnownDrift)
    wallet: str = ""
    """Whom it was asked about."""
    rejects: list[Reject] = field(default_factory=list)
    item_count: int = 0
    """Of a list, by which it is weighed."""

    def __post_init__(self) -> None:
        self.drift = DriftRecorder(self.kind, self.fetched_at, self.known_drift)

    def parse_state(self) -> MarketState:
        """Raises SourceMalformed."""
        try:
            wire, extra = decode_record(self.body, StateWire, self.drift)
        except (InvalidRecord, *DECODE_ERRORS) as error:
            raise self._malformed("a wallet's state", error) from error
        at = self.fetched_at if wire.time is None else parse_millis(wire.time)
        return MarketState(
            at, wire, tuple(self._parse_each(wire.asset_positions, self._parse_position)), extra
        )

    def parse_fills(self) -> list[Fill]:
        """Those of spot pairs too, in the order in which they came. Raises SourceMalformed."""
        return list(self._parse_each(self._list("a list of fills"), self._parse_fill))

    def parse_funding(self) -> list[FundingPayment]:
        """Raises SourceMalformed."""
        return list(self._parse_each(self._list("a list of funding payments"), self._parse_payment))

    def parse_orders(self) -> list[OrderWire]:
        """Raises SourceMalformed."""
        return list(self._parse_each(self._list("a list of orders"), self._parse_order))

    def parse_mids(self) -> dict[str, Decimal]:
        """Mid prices by coin, spot pairs left out. Raises SourceMalformed."""
        try:
            raws = msgspec.json.decode(self.body, type=dict[str, Raw])
        except DECODE_ERRORS as error:
            raise self._malformed("prices by coin", error) from error
        found: dict[str, Decimal] = {}
        for coin, raw in raws.items():
            if not is_spot_coin(coin):
                for price in self._parse_each([raw], _parse_price):
                    found[coin] = price
        return found

    def parse_portfolio(self) -> dict[str, PeriodWire]:
        """By period. Raises SourceMalformed."""
        try:
            pairs = msgspec.json.decode(self.body, type=list[tuple[str, Raw]])
        except DECODE_ERRORS as error:
            raise self._malformed("a portfolio", error) from error
        found: dict[str, PeriodWire] = {}
        for period, raw in pairs:
            for wire in self._parse_each([raw], self._parse_period):
                found[period] = wire
        return found

    def parse_role(self) -> AddressRole:
        """Raises SourceMalformed."""
        try:
            told = msgspec.json.decode(self.body, type=RoleWire)
        except DECODE_ERRORS as error:
            raise self._malformed("a role", error) from error
        owner = told.data.user or told.data.master if told.data else None
        return AddressRole(sanitise_line(told.role, 20), sanitise_line(owner, 42) if owner else None)

    def _list(self, what: str) -> list[Raw]:
        try:
            raws = msgspec.json.decode(self.body, type=list[Raw])
        except DECODE_ERRORS as error:
            raise self._malformed(what, error) from error
        self.item_count = len(raws)
        return raws

    def _parse_each(self, raws: Iterable[Raw], read: Callable[[bytes], _T]) -> Iterable[_T]:
        for raw in raws:
            data = bytes(raw)
            try:
                found = read(data)
            except (InvalidRecord, OverflowError, *DECODE_ERRORS) as error:
                self.rejects.append(self._reject(data, reject_reason(error)))
            else:
                yield found

    def _parse_position(self, data: bytes) -> WalletPosition:
        asset, outer = decode_record(data, AssetWire, self.drift)
        wire, extra = decode_record(bytes(asset.position), HoldingWire, self.drift)
        require_name(wire.coin, "coin")
        return WalletPosition(wire, extra if outer is None else extra or outer)

    def _parse_fill(self, data: bytes) -> Fill:
        wire, _ = decode_record(data, FillWire, self.drift)
        if wire.sz <= 0 or wire.px <= 0:
            raise InvalidRecord(f"sz {wire.sz} at px {wire.px} is no fill")
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

    def _malformed(self, what: str, error: Exception) -> SourceMalformed:
        reason = "there is nothing in it" if self.body.strip() in (b"", b"null") else reject_reason(error)
        told = SourceMalformed(
            sanitise_line(f"{self.kind}: the answer is not {what}: {reason}", 200), status=200
        )
        told.reject = self._reject(self.body[:_MAX_QUARANTINED_BYTES], str(told))
        return told


def _is_liquidation_of(told: Any, wallet: str) -> bool:
    """Whether it was this wallet that was liquidated: who traded with it is told of it as well."""
    user = told.get("liquidatedUser") if isinstance(told, dict) else None
    return told is not None and (not isinstance(user, str) or user.lower() == wallet.lower())


def market_of(coin: str) -> str:
    """The builder market a coin belongs to (`xyz` of `xyz:NVDA`); empty is the main one."""
    market, found, _ = coin.partition(":")
    return market if found else ""


def parse_millis(millis: int) -> datetime:
    """Raises Unusable for what is no time of this chain."""
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    if moment.year < 2020:
        raise InvalidRecord(f"time: {millis} is not a time of this chain")
    return moment


def _parse_price(data: bytes) -> Decimal:
    price = msgspec.json.decode(data, type=Decimal)
    if not price.is_finite() or price <= 0:
        raise InvalidRecord(f"{price} is no price")
    return price
