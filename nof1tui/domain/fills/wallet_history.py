"""History of one wallet: fills and payments added in parts, and the round trips they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nof1tui.domain.fills.fill import Fill, FundingPayment
from nof1tui.domain.fills.round_trips import HeldPosition, RoundTrip, WalletLedger, build_ledger, positions_at

SETTLED_AFTER = timedelta(minutes=15)
"""Time after which no further payments and fills of a moment are expected."""


@dataclass
class WalletHistory:
    """Accumulates fills and payments, and returns round trips that are new or have changed."""

    fills: dict[object, Fill] = field(default_factory=dict)
    """Unsettled fills by key."""
    payments: set[FundingPayment] = field(default_factory=set)
    """Unsettled payments."""
    settled_open: Mapping[str, RoundTrip] = field(default_factory=dict)
    """Round trips open before the unsettled fills."""
    settled_until: datetime | None = None
    """Older fills are settled; they are fetched again where requests overlap, and ignored."""
    ledger: WalletLedger = field(default_factory=WalletLedger)
    """Ledger of the unsettled fills, continuing `settled_open`."""
    newest_at: datetime | None = None
    """Time of the newest fill; None before the first fetch."""
    paid_until: datetime | None = None
    """Time up to which payments are complete."""
    coins: set[str] = field(default_factory=set)
    """Coins traded in any known fill."""
    reported: dict[str, RoundTrip] = field(default_factory=dict)
    """Closed round trips that may still change, as last returned, by id."""
    resumed: bool = False
    """Whether earlier history is stored; round trips with an unknown opening are then not returned."""

    def add(self, fills: Iterable[Fill], payments: Iterable[FundingPayment]) -> list[RoundTrip]:
        """Add fills and payments; returns the closed round trips that are new or have changed."""
        self.fills.update((fill.key, fill) for fill in fills if not self._is_settled(fill.at))
        self.payments.update(payment for payment in payments if not self._is_settled(payment.at))
        self.coins.update(fill.coin for fill in self.fills.values() if not fill.is_spot)
        self.newest_at = max((fill.at for fill in self.fills.values()), default=self.newest_at)
        self.ledger = build_ledger(self.fills.values(), self.payments, self.settled_open)
        fresh = [
            round_trip
            for round_trip in self.ledger.closed
            if self.reported.get(round_trip.id) != round_trip
            and not (self.resumed and round_trip.entry_at is None)
        ]
        self.reported.update((round_trip.id, round_trip) for round_trip in fresh)
        return fresh

    def settle(self, now: datetime) -> None:
        """Drop fills and payments older than `SETTLED_AFTER`, keeping the round trips open then."""
        until = now - SETTLED_AFTER
        old_fills = [fill for fill in self.fills.values() if fill.at < until]
        old_payments = [payment for payment in self.payments if payment.at < until]
        if not old_fills and not old_payments:
            return
        before = build_ledger(old_fills, old_payments, self.settled_open)
        self.settled_until = until
        self.settled_open = before.open
        self.fills = {key: fill for key, fill in self.fills.items() if fill.at >= until}
        self.payments = {payment for payment in self.payments if payment.at >= until}
        for round_trip in before.closed:
            self.reported.pop(round_trip.id, None)
        self.ledger = build_ledger(self.fills.values(), self.payments, self.settled_open)

    def _is_settled(self, at: datetime) -> bool:
        return self.settled_until is not None and at < self.settled_until

    def positions_at(self, moments: Sequence[datetime]) -> list[tuple[HeldPosition, ...]]:
        """Positions at past times; correct as long as later fills are unsettled."""
        return positions_at(self.fills.values(), moments)

    def truncated(self) -> list[RoundTrip]:
        """Round trips whose opening is before the known fills."""
        return [round_trip for round_trip in self.ledger.round_trips if round_trip.entry_at is None]

    def open_round_trip(self, coin: str) -> RoundTrip | None:
        """The open round trip of a coin, or None."""
        return self.ledger.open.get(coin)
