"""The events that account rows tell, row by row in the order of the rows' own times.

Every event depends on no more than the newest row of each account and the rows of the last `REPEAT_AFTER`
and of the running hour before it: whoever has those can tell a stretch of the past anew
(`Fold.resumed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from nof1tui.domain.events.event import Event, EventKind, position_event, position_events
from nof1tui.domain.metrics.basic import liquidation_distance_pct, ranks
from nof1tui.domain.records import AccountKey, AccountRow, Position
from nof1tui.domain.roster import Roster

LIQUIDATION_NEAR_PCT = 5.0
"""Liquidation is near when the mark may move no further than this, in percent of it …"""
LIQUIDATION_CLEARED_PCT = 7.5
"""… and the danger is over once it may move this far: in between nothing is told."""
REPEAT_AFTER = timedelta(hours=2)
"""A danger that has been out of sight for this long is told again."""
RANK_INTERVAL = timedelta(hours=1)

RowKey = tuple[datetime, AccountKey]
"""Where a row stands among all."""


def row_key(row: AccountRow) -> RowKey:
    return row.observed_at, row.account


def hour_start(moment: datetime) -> datetime:
    """The beginning of its UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class RankingBasis:
    """What growth is measured by, and who takes part in the ranking."""

    roster: Roster
    capitals: Mapping[AccountKey, float] = field(default_factory=dict)
    """Of the accounts whose inception is known."""

    def capital(self, account: AccountKey) -> float:
        known = self.capitals.get(account)
        return self.roster.capital(account) if known is None else known

    def is_ranked(self, account: AccountKey) -> bool:
        return self.roster.trader(account.trader).kind != "benchmark"

    def growth_factor(self, row: AccountRow) -> float:
        """Growth factor since the start."""
        capital = self.capital(row.account)
        return row.equity_usd / capital if capital > 0 else float("-inf")


@dataclass(slots=True)
class EventDetector:
    """What must be known of the rows so far to tell the events of the next one."""

    basis: RankingBasis
    rows: dict[AccountKey, AccountRow] = field(default_factory=dict)
    """The newest row of each account."""
    growth: dict[AccountKey, float] = field(default_factory=dict)
    """Growth of each account that is ranked."""
    leader: AccountKey | None = None
    """Who is ahead of all others; None where the first place is shared."""
    near_liquidation: dict[tuple[AccountKey, str], datetime] = field(default_factory=dict)
    """When a position was last near its liquidation."""
    seen_coins: set[str] = field(default_factory=set)
    """Held by anybody so far."""
    hour: datetime | None = None
    """The hour of the newest row."""
    hour_end_growth: dict[AccountKey, float] = field(default_factory=dict)
    """Growths at the end of the last hour before it that has rows."""

    @classmethod
    def from_rows(
        cls, standard: RankingBasis, rows: Iterable[AccountRow], coins: Iterable[str] = ()
    ) -> EventDetector:
        """As it stands after these, the newest rows of all accounts."""
        fold = cls(standard)
        for row in sorted(rows, key=row_key):
            for _ in fold.detect(row):
                pass
        fold.seen_coins.update(coins)
        fold.hour_end_growth = dict(fold.growth)
        return fold

    def copy(self) -> EventDetector:
        return replace(
            self,
            rows=dict(self.rows),
            growth=dict(self.growth),
            near_liquidation=dict(self.near_liquidation),
            seen_coins=set(self.seen_coins),
            hour_end_growth=dict(self.hour_end_growth),
        )

    def with_basis(self, standard: RankingBasis) -> EventDetector:
        """The same rows by another standard."""
        fold, old = self.copy(), self.basis
        fold.basis = standard
        fold.growth = {key: standard.growth_factor(self.rows[key]) for key in self.growth}
        fold.hour_end_growth = {
            key: gain * old.capital(key) / standard.capital(key)
            for key, gain in self.hour_end_growth.items()
            if standard.capital(key) > 0
        }
        fold.leader = fold._sole_leader()
        return fold

    def detect(self, row: AccountRow) -> Iterator[Event]:
        """The events this row brings about; rows come in the order of `row_key`."""
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
        """Who has another place than when the hour before ended, among those who had one then."""
        if self.hour is None:
            return
        both = [key for key in sorted(self.growth) if key in self.hour_end_growth]
        then = ranks([self.hour_end_growth[key] for key in both])
        now = ranks([self.growth[key] for key in both])
        at = self.hour + RANK_INTERVAL
        for key, was, its in zip(both, then, now, strict=True):
            if was != its:
                name = f"rank:{key.season}:{key.slug}:{at.isoformat()}"
                yield Event(name, at, "rank", key, value=float(its), before=float(was))
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
                name = _once_per_season_id("coin", row, position.coin)
                yield Event(name, row.observed_at, "coin", row.account, position.coin)
            yield from self._liquidation_events(row, position)

    def _liquidation_events(self, row: AccountRow, position: Position) -> Iterator[Event]:
        away, key = liquidation_distance_pct(position), (row.account, position.coin)
        if away is None or away >= LIQUIDATION_CLEARED_PCT:
            self.near_liquidation.pop(key, None)
        elif away <= LIQUIDATION_NEAR_PCT:
            last = self.near_liquidation.get(key)
            self.near_liquidation[key] = row.observed_at
            if last is None or row.observed_at - last > REPEAT_AFTER:
                yield position_event(
                    row,
                    "liquidation",
                    position,
                    abs(position.quantity),
                    position.liquidation_price,
                    value=away,
                )

    def _leader_changes(self, row: AccountRow, *, first: bool) -> Iterator[Event]:
        """A change of the first place; who has just come took it from nobody."""
        key, before = row.account, self.leader
        old, gain = self.growth.get(key), self.basis.growth_factor(row)
        self.growth[key] = gain
        if gain == old or (before not in (None, key) and gain < self.growth[before]):
            return
        leads = self.leader = self._sole_leader()
        if leads is None or leads == before or (first and leads == key) or len(self.growth) < 2:
            return
        at = row.observed_at
        yield Event(f"lead:{key.season}:{leads.slug}:{at.isoformat()}", at, "lead", leads, other=before)

    def _sole_leader(self) -> AccountKey | None:
        most = max(self.growth.values(), default=None)
        first = [key for key, gain in self.growth.items() if gain == most]
        return first[0] if len(first) == 1 else None


def _once_per_season_id(kind: EventKind, row: AccountRow, name: str) -> str:
    """The id of what happens once in a season: an earlier sight of it is the same event."""
    return f"{kind}:{row.account.season}:{name}"
