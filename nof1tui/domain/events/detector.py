"""Detection of events in account rows, row by row in the order of their times.

An event depends only on the newest row of each account, the rows of the last `REPEAT_AFTER` and those of
the current hour, so detection can start at any point from these rows (`EventDetector.from_rows`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from nof1tui.domain.events.event import Event, EventKind, position_event, position_events
from nof1tui.domain.metrics.basic import liquidation_distance_pct, ranks
from nof1tui.domain.metrics.positions import LIQUIDATION_NEAR_PCT
from nof1tui.domain.records import AccountKey, AccountRow, Position
from nof1tui.domain.returns.capital import capital_of_row
from nof1tui.domain.roster import Roster

LIQUIDATION_CLEARED_PCT = 7.5
"""Liquidation is no longer near from this distance on, in percent of the mark."""
REPEAT_AFTER = timedelta(hours=2)
"""A position near liquidation that was not observed for this long raises a new event."""
RANK_INTERVAL = timedelta(hours=1)

RowKey = tuple[datetime, AccountKey]
"""Sort key of an account row: time, then account."""


def row_key(row: AccountRow) -> RowKey:
    """The sort key of a row."""
    return row.observed_at, row.account


def hour_start(moment: datetime) -> datetime:
    """The beginning of the UTC hour of a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


class RankingBasis(Struct, frozen=True):
    """The capitals that growth is measured against, and which accounts are ranked."""

    roster: Roster
    capitals: Mapping[AccountKey, float] = field(default_factory=dict)
    """Starting capitals of the accounts whose inception is known, USD."""

    def capital(self, account: AccountKey) -> float | None:
        """Starting capital of an account, USD; None where nothing states it."""
        return self.roster.capital(account, self.capitals.get(account))

    def capital_at(self, row: AccountRow) -> float | None:
        """Starting capital of the row's account, USD; where nothing states it, what the row implies."""
        known = self.capital(row.account)
        return capital_of_row(row).usd if known is None else known

    def is_ranked(self, account: AccountKey) -> bool:
        """Whether the account is ranked; benchmarks are not."""
        return self.roster.trader(account.trader).kind != "benchmark"

    def growth_factor(self, row: AccountRow) -> float:
        """Equity over starting capital; -inf where the capital is unknown or not above zero."""
        capital = self.capital_at(row)
        return row.equity_usd / capital if capital is not None and capital > 0 else float("-inf")


class EventDetector(Struct):
    """The state of all rows so far that the events of the next row depend on."""

    basis: RankingBasis
    rows: dict[AccountKey, AccountRow] = field(default_factory=dict)
    """The newest row of each account."""
    growth: dict[AccountKey, float] = field(default_factory=dict)
    """Growth factor of each ranked account."""
    leader: AccountKey | None = None
    """The leading account; None where the first rank is shared."""
    shared_growth: float | None = None
    """Growth factor of the accounts that share the first rank; None where one leads."""
    near_liquidation: dict[tuple[AccountKey, str], datetime] = field(default_factory=dict)
    """When a position was last near its liquidation."""
    seen_coins: set[str] = field(default_factory=set)
    """Coins that any account has held so far."""
    hour: datetime | None = None
    """The hour of the newest row."""
    hour_end_growth: dict[AccountKey, float] = field(default_factory=dict)
    """Growth factors at the end of the last earlier hour with rows."""

    @classmethod
    def from_rows(
        cls, basis: RankingBasis, rows: Iterable[AccountRow], coins: Iterable[str] = ()
    ) -> EventDetector:
        """The detector after these rows, the newest of each account."""
        detector = cls(basis)
        for row in sorted(rows, key=row_key):
            for _ in detector.detect(row):
                pass
        detector.seen_coins.update(coins)
        detector.hour_end_growth = dict(detector.growth)
        return detector

    def copy(self) -> EventDetector:
        """An independent copy."""
        return replace(
            self,
            rows=dict(self.rows),
            growth=dict(self.growth),
            near_liquidation=dict(self.near_liquidation),
            seen_coins=set(self.seen_coins),
            hour_end_growth=dict(self.hour_end_growth),
        )

    def with_basis(self, basis: RankingBasis) -> EventDetector:
        """The same rows, ranked by another basis."""
        detector, old = self.copy(), self.basis
        detector.basis = basis
        detector.growth = {key: basis.growth_factor(self.rows[key]) for key in self.growth}
        detector.hour_end_growth = {
            key: growth * before / capital
            for key, growth in self.hour_end_growth.items()
            if (before := old.capital_at(self.rows[key])) is not None
            and (capital := basis.capital_at(self.rows[key])) is not None
            and capital > 0
        }
        detector.leader = detector._sole_leader()
        return detector

    def detect(self, row: AccountRow) -> Iterator[Event]:
        """The events of this row; rows must be given in the order of `row_key`."""
        hour = hour_start(row.observed_at)
        if hour != self.hour:
            yield from self._rank_changes()
            self.hour = hour
        before = self.rows.get(row.account)
        self.rows[row.account] = row
        if before is None:
            yield Event(
                _once_per_season_id("joined", row, row.account.slug), row.observed_at, "joined", row.account
            )
        yield from position_events(before, row)
        if row.positions or (before is not None and before.positions):
            yield from self._position_events(before, row)
        if self.basis.is_ranked(row.account):
            yield from self._leader_changes(row, first=before is None)

    def _rank_changes(self) -> Iterator[Event]:
        """Accounts whose rank differs from the one at the end of the hour before, among those ranked then."""
        if self.hour is None:
            return
        both = [key for key in sorted(self.growth) if key in self.hour_end_growth]
        then = ranks([self.hour_end_growth[key] for key in both])
        now = ranks([self.growth[key] for key in both])
        at = self.hour + RANK_INTERVAL
        for key, rank_before, rank in zip(both, then, now, strict=True):
            if rank_before != rank:
                event_id = f"rank:{key.season}:{key.slug}:{at.isoformat()}"
                yield Event(event_id, at, "rank", key, value=float(rank), before=float(rank_before))
        self.hour_end_growth = dict(self.growth)

    def _position_events(self, before: AccountRow | None, row: AccountRow) -> Iterator[Event]:
        held = {position.coin: position for position in row.positions}
        sides = {position.coin: position.side for position in before.positions} if before else {}
        for coin in sides.keys() | held.keys():
            if coin not in held or held[coin].side != sides.get(coin):
                self.near_liquidation.pop((row.account, coin), None)
        for position in row.positions:
            if position.coin not in self.seen_coins:
                self.seen_coins.add(position.coin)
                event_id = _once_per_season_id("coin", row, position.coin)
                yield Event(event_id, row.observed_at, "coin", row.account, position.coin)
            yield from self._liquidation_events(row, position)

    def _liquidation_events(self, row: AccountRow, position: Position) -> Iterator[Event]:
        distance_pct, key = liquidation_distance_pct(position), (row.account, position.coin)
        if distance_pct is None or distance_pct >= LIQUIDATION_CLEARED_PCT:
            self.near_liquidation.pop(key, None)
        elif distance_pct <= LIQUIDATION_NEAR_PCT:
            last = self.near_liquidation.get(key)
            self.near_liquidation[key] = row.observed_at
            if last is None or row.observed_at - last > REPEAT_AFTER:
                yield position_event(
                    row,
                    "liquidation",
                    position,
                    abs(position.quantity),
                    position.liquidation_price,
                    value=distance_pct,
                )

    def _leader_changes(self, row: AccountRow, *, first: bool) -> Iterator[Event]:
        """A change of the leader; an account that has just joined does not take the lead."""
        key, before = row.account, self.leader
        old, growth = self.growth.get(key), self.basis.growth_factor(row)
        self.growth[key] = growth
        if growth == old or (before not in (None, key) and growth < self.growth[before]):
            return
        shared = self.shared_growth
        if before is None and shared is not None and growth <= shared and (old is None or old < shared):
            return
        leader = self.leader = self._sole_leader()
        if leader is None or leader == before or (first and leader == key) or len(self.growth) < 2:
            return
        at = row.observed_at
        yield Event(f"lead:{key.season}:{leader.slug}:{at.isoformat()}", at, "lead", leader, other=before)

    def _sole_leader(self) -> AccountKey | None:
        most = max(self.growth.values(), default=None)
        first = [key for key, growth in self.growth.items() if growth == most]
        self.shared_growth = most if len(first) > 1 else None
        return first[0] if len(first) == 1 else None


def _once_per_season_id(kind: EventKind, row: AccountRow, name: str) -> str:
    """The id of an event that occurs once in a season; an earlier observation of it has the same id."""
    return f"{kind}:{row.account.season}:{name}"
