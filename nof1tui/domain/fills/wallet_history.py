"""What is known of one wallet's past: its fills folded, piece by piece, to trades and open positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nof1tui.domain.fills.fill import Fill, FundingPayment
from nof1tui.domain.fills.round_trips import HeldPosition, RoundTrip, WalletLedger, build_ledger, positions_at

SETTLED_AFTER = timedelta(minutes=15)
"""How long fills are kept for what may still come late: payments, stragglers of a millisecond."""


@dataclass
class WalletHistory:
    """Takes in fills and payments as they come; tells trades, each time something of them is new."""

    fills: dict[object, Fill] = field(default_factory=dict)
    """Not settled yet."""
    payments: set[FundingPayment] = field(default_factory=set)
    """Not settled yet."""
    settled_open: Mapping[str, RoundTrip] = field(default_factory=dict)
    """Open when the unsettled fills begin."""
    settled_until: datetime | None = None
    """What is older was counted; it is asked for again where two questions meet."""
    ledger: WalletLedger = field(default_factory=WalletLedger)
    """Of the unsettled fills, on top of what was open before."""
    newest_at: datetime | None = None
    """Of the fills; None before any was looked for."""
    paid_until: datetime | None = None
    coins: set[str] = field(default_factory=set)
    """Ever traded, as far as is known."""
    reported: dict[str, RoundTrip] = field(default_factory=dict)
    """Closed episodes that may still change, as they were told last."""
    resumed: bool = False
    """What came before is known elsewhere: an episode whose opening is not here was told whole before."""

    def add(self, fills: Iterable[Fill], payments: Iterable[FundingPayment]) -> list[RoundTrip]:
        """Closed episodes that are new, or otherwise than they were told."""
        self.fills.update((fill.key, fill) for fill in fills if not self._is_settled(fill.at))
        self.payments.update(payment for payment in payments if not self._is_settled(payment.at))
        self.coins.update(fill.coin for fill in self.fills.values() if not fill.is_spot)
        self.newest_at = max((fill.at for fill in self.fills.values()), default=self.newest_at)
        self.ledger = build_ledger(self.fills.values(), self.payments, self.settled_open)
        fresh = [
            episode
            for episode in self.ledger.closed
            if self.reported.get(episode.id) != episode and not (self.resumed and episode.entry_at is None)
        ]
        self.reported.update((episode.id, episode) for episode in fresh)
        return fresh

    def settle(self, now: datetime) -> None:
        """Nothing older than a while comes any more: keep of it only what is open."""
        until = now - SETTLED_AFTER
        early = [fill for fill in self.fills.values() if fill.at < until]
        paid = [payment for payment in self.payments if payment.at < until]
        if not early and not paid:
            return
        before = build_ledger(early, paid, self.settled_open)
        self.settled_until = until
        self.settled_open = before.open
        self.fills = {key: fill for key, fill in self.fills.items() if fill.at >= until}
        self.payments = {payment for payment in self.payments if payment.at >= until}
        for episode in before.closed:
            self.reported.pop(episode.id, None)
        self.ledger = build_ledger(self.fills.values(), self.payments, self.settled_open)

    def _is_settled(self, at: datetime) -> bool:
        return self.settled_until is not None and at < self.settled_until

    def positions_at(self, moments: Sequence[datetime]) -> list[tuple[HeldPosition, ...]]:
        """Positions at moments of the past, as long as the fills since then are not settled."""
        return positions_at(self.fills.values(), moments)

    def truncated(self) -> list[RoundTrip]:
        """Those whose opening lies before the fills that are known."""
        return [episode for episode in self.ledger.round_trips if episode.entry_at is None]

    def open_round_trip(self, coin: str) -> RoundTrip | None:
        return self.ledger.open.get(coin)
