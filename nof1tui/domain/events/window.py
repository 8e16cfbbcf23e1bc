"""Events of account rows that arrive in any order.

`EventDetector` needs rows in order. `RowWindow` keeps the newest rows in segments, so that a late row is
inserted at its time and the events from its segment on are derived again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from nof1tui.domain.events.detector import (
    LIQUIDATION_CLEARED_PCT,
    EventDetector,
    RankingBasis,
    RowKey,
    row_key,
)
from nof1tui.domain.events.event import Event
from nof1tui.domain.metrics.basic import liquidation_distance_pct
from nof1tui.domain.records import AccountKey, AccountRow
from nof1tui.domain.series.curve import Curve

SEGMENT_ROWS = 256
MAX_SEGMENTS = 8


class Segment(Struct, frozen=True):
    """Consecutive rows, with the detector before them and their events."""

    detector_before: EventDetector
    rows: tuple[AccountRow, ...] = ()
    events: tuple[Event, ...] = ()


class EventDelta(Struct, frozen=True):
    """The window after new rows, and the events added and removed by them."""

    window: RowWindow
    added: tuple[Event, ...] = ()
    """Events that are new or have changed."""
    removed: frozenset[str] = frozenset()
    """Ids of events that these rows invalidate."""
    late: tuple[AccountRow, ...] = ()
    """Rows older than the window; their events must be derived from the store."""


class RowWindow(Struct, frozen=True):
    """The newest rows of all accounts of a season, with the events derived from them."""

    segments: tuple[Segment, ...]
    detector: EventDetector
    since: RowKey | None = None
    """Rows before this key are late. None if the window began from the newest row of each account; then only
    rows older than their own account's are late."""

    @classmethod
    def from_detector(cls, detector: EventDetector, since: RowKey | None = None) -> RowWindow:
        """An empty window that continues from this detector."""
        return cls((Segment(detector),), detector, since)

    def add_rows(self, rows: Iterable[AccountRow]) -> EventDelta:
        """The effect of these rows. Of two rows of one account and time the one fetched last counts."""
        fresh, late = dict[RowKey, AccountRow](), list[AccountRow]()
        known: Mapping[RowKey, AccountRow] | None = None
        last = self._last_key
        for row in rows:
            if self._is_known_newest(row):
                continue
            key = row_key(row)
            if self._is_late(key):
                late.append(row)
                continue
            old = fresh.get(key)
            if old is None and last is not None and key <= last:
                known = self._rows_by_key() if known is None else known
                old = known.get(key)
            if old is None or (row.fetched_at >= old.fetched_at and not same_events(row, old)):
                fresh[key] = row
        if not fresh:
            return EventDelta(self, late=tuple(late))
        ordered = [fresh[key] for key in sorted(fresh)]
        if last is None or row_key(ordered[0]) > last:
            window, events = self._appended(ordered)
            return EventDelta(window, tuple(events), late=tuple(late))
        return replace(self._rederived(fresh), late=tuple(late))

    @property
    def _last_key(self) -> RowKey | None:
        """The key of the newest row in the window."""
        for segment in reversed(self.segments):
            if segment.rows:
                return row_key(segment.rows[-1])
        return self.since

    def _is_late(self, key: RowKey) -> bool:
        if self.since is not None and key < self.since:
            return True
        base = self.segments[0].detector_before.rows.get(key[1])
        return base is not None and key[0] <= base.observed_at

    def _is_known_newest(self, row: AccountRow) -> bool:
        """Whether the row equals its account's newest known row."""
        known = self.detector.rows.get(row.account)
        return known is row or (
            known is not None and known.observed_at == row.observed_at and same_events(known, row)
        )

    def _rows_by_key(self) -> dict[RowKey, AccountRow]:
        return {row_key(row): row for segment in self.segments for row in segment.rows}

    def _appended(self, rows: Sequence[AccountRow]) -> tuple[RowWindow, list[Event]]:
        segments, events, detector = list(self.segments), list[Event](), self.detector.copy()
        for start in range(0, len(rows), SEGMENT_ROWS):
            chunk = rows[start : start + SEGMENT_ROWS]
            if len(segments[-1].rows) >= SEGMENT_ROWS:
                segments.append(Segment(detector.copy()))
            derived = [event for row in chunk for event in detector.detect(row)]
            segment = segments[-1]
            segments[-1] = Segment(
                segment.detector_before, (*segment.rows, *chunk), (*segment.events, *derived)
            )
            events += derived
        return self._trimmed(segments, detector), events

    def _rederived(self, fresh: Mapping[RowKey, AccountRow]) -> EventDelta:
        first = min(fresh)
        start = len(self.segments) - 1
        while start and (not self.segments[start].rows or first < row_key(self.segments[start].rows[0])):
            start -= 1
        unchanged, rederived = self.segments[:start], self.segments[start:]
        rows = {row_key(row): row for segment in rederived for row in segment.rows} | dict(fresh)
        base = RowWindow(
            (*unchanged, Segment(rederived[0].detector_before)), rederived[0].detector_before, self.since
        )
        return self._diff_events(rederived, base, [rows[key] for key in sorted(rows)])

    @staticmethod
    def _diff_events(old: Iterable[Segment], base: RowWindow, rows: Sequence[AccountRow]) -> EventDelta:
        """The events of these rows after `base`, compared with those of the old segments."""
        known = {event.id: event for segment in old for event in segment.events}
        window, events = base._appended(rows)
        added = tuple(event for event in events if known.get(event.id) != event)
        return EventDelta(window, added, frozenset(known.keys() - {event.id for event in events}))

    def with_basis(self, basis: RankingBasis) -> EventDelta:
        """The effect of other starting capitals, once an inception record is known."""
        first = self.segments[0]
        base = RowWindow.from_detector(first.detector_before.with_basis(basis), self.since)
        return self._diff_events(
            self.segments, base, [row for segment in self.segments for row in segment.rows]
        )

    def _trimmed(self, segments: list[Segment], detector: EventDetector) -> RowWindow:
        """Without the oldest segments above the limit; rows older than the rest are late from then on."""
        if len(segments) <= MAX_SEGMENTS:
            return RowWindow(tuple(segments), detector, self.since)
        newest = tuple(segments[-MAX_SEGMENTS:])
        return RowWindow(newest, detector, row_key(newest[0].rows[0]))


def start_window(
    basis: RankingBasis,
    rows: Iterable[AccountRow],
    curves: Mapping[AccountKey, Curve],
    events: Iterable[Event] = (),
    coins: Iterable[str] = (),
) -> RowWindow:
    """A window that continues from the newest row of each account, the curves and the stored events."""
    detector = EventDetector.from_rows(basis, rows, coins)
    if detector.hour is not None:
        hour_begin = detector.hour.timestamp()
        for key in detector.growth:
            past = curves[key].last_before(hour_begin) if key in curves else None
            capital = basis.capital_at(detector.rows[key])
            if past is not None and capital is not None and capital > 0:
                detector.hour_end_growth[key] = past / capital
    for event in events:
        if event.kind == "coin" and event.coin is not None:
            detector.seen_coins.add(event.coin)
        elif event.kind == "liquidation" and event.account is not None and event.coin is not None:
            _restore_near_liquidation(detector, event.account, event.coin, event)
    return RowWindow.from_detector(detector)


def _restore_near_liquidation(detector: EventDetector, account: AccountKey, coin: str, event: Event) -> None:
    """Mark a position as near liquidation if its event is known and the distance has not recovered."""
    row = detector.rows.get(account)
    for position in row.positions if row else ():
        distance_pct = liquidation_distance_pct(position)
        if (
            position.coin == coin
            and position.side == event.side
            and distance_pct is not None
            and distance_pct < LIQUIDATION_CLEARED_PCT
        ):
            detector.near_liquidation[account, coin] = max(
                event.at, detector.near_liquidation.get((account, coin), event.at)
            )


def same_events(one: AccountRow, other: AccountRow) -> bool:
    """Whether two rows of one account and time give the same events."""
    return one.equity_usd == other.equity_usd and _event_inputs(one) == _event_inputs(other)


def _event_inputs(row: AccountRow) -> list[tuple[object, ...]]:
    return [
        (p.coin, p.quantity, p.entry_price, p.mark_price, p.leverage, p.liquidation_price, p.exit_plan)
        for p in row.positions
    ]
