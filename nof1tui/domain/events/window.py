"""The events of account rows in whatever order the rows arrive.

`telling.Fold` tells them row by row. `RowWindow` keeps the newest rows in pages, so that a row that
comes late is put where it belongs and what follows is told again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows side by side in time, with what was known before them and the events they brought about."""

    detector_before: EventDetector
    rows: tuple[AccountRow, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class EventDelta:
    """What rows changed about the events that are known."""

    window: RowWindow
    added: tuple[Event, ...] = ()
    """New, or with other content than before."""
    removed: frozenset[str] = frozenset()
    """Ids of events that, with these rows, never happened."""
    late: tuple[AccountRow, ...] = ()
    """Rows older than the pages reach back: what they change has to be told from the store."""


@dataclass(frozen=True, slots=True)
class RowWindow:
    """The newest rows of all accounts of a season, and what is told about them."""

    segments: tuple[Segment, ...]
    detector: EventDetector
    since: RowKey | None = None
    """Rows before this are late; None where the first page begins with the newest rows of all accounts,
    which says little of the order they came in."""

    @classmethod
    def from_detector(cls, fold: EventDetector, since: RowKey | None = None) -> RowWindow:
        return cls((Segment(fold),), fold, since)

    def add_rows(self, rows: Iterable[AccountRow]) -> EventDelta:
        """With these rows. Of two rows of one account and moment the one fetched last counts."""
        fresh, late = dict[RowKey, AccountRow](), list[AccountRow]()
        known: Mapping[RowKey, AccountRow] | None = None
        last = self._last_key
        for row in rows:
            if self._is_known_newest(row):
                continue
            place = row_key(row)
            if self._is_late(place):
                late.append(row)
                continue
            old = fresh.get(place)
            if old is None and last is not None and place <= last:
                known = self._rows_by_key() if known is None else known
                old = known.get(place)
            if old is None or (row.fetched_at >= old.fetched_at and not same_events(row, old)):
                fresh[place] = row
        if not fresh:
            return EventDelta(self, late=tuple(late))
        ordered = [fresh[place] for place in sorted(fresh)]
        if last is None or row_key(ordered[0]) > last:
            chronicle, come = self._appended(ordered)
            return EventDelta(chronicle, tuple(come), late=tuple(late))
        return replace(self._rederived(fresh), late=tuple(late))

    @property
    def _last_key(self) -> RowKey | None:
        """The place of the newest row in the pages."""
        for page in reversed(self.segments):
            if page.rows:
                return row_key(page.rows[-1])
        return self.since

    def _is_late(self, place: RowKey) -> bool:
        if self.since is not None and place < self.since:
            return True
        base = self.segments[0].detector_before.rows.get(place[1])
        return base is not None and place[0] <= base.observed_at

    def _is_known_newest(self, row: AccountRow) -> bool:
        """Whether it is known already, as its account's newest row."""
        known = self.detector.rows.get(row.account)
        return known is row or (
            known is not None and known.observed_at == row.observed_at and same_events(known, row)
        )

    def _rows_by_key(self) -> dict[RowKey, AccountRow]:
        return {row_key(row): row for page in self.segments for row in page.rows}

    def _appended(self, rows: Sequence[AccountRow]) -> tuple[RowWindow, list[Event]]:
        pages, come, now = list(self.segments), list[Event](), self.detector.copy()
        for start in range(0, len(rows), SEGMENT_ROWS):
            piece = rows[start : start + SEGMENT_ROWS]
            if len(pages[-1].rows) >= SEGMENT_ROWS:
                pages.append(Segment(now.copy()))
            events = [event for row in piece for event in now.detect(row)]
            page = pages[-1]
            pages[-1] = Segment(page.detector_before, (*page.rows, *piece), (*page.events, *events))
            come += events
        return self._trimmed(pages, now), come

    def _rederived(self, fresh: Mapping[RowKey, AccountRow]) -> EventDelta:
        first = min(fresh)
        start = len(self.segments) - 1
        while start and (not self.segments[start].rows or first < row_key(self.segments[start].rows[0])):
            start -= 1
        kept, again = self.segments[:start], self.segments[start:]
        rows = {row_key(row): row for page in again for row in page.rows} | dict(fresh)
        blank = RowWindow((*kept, Segment(again[0].detector_before)), again[0].detector_before, self.since)
        return self._diff_events(again, blank, [rows[place] for place in sorted(rows)])

    @staticmethod
    def _diff_events(old: Iterable[Segment], blank: RowWindow, rows: Sequence[AccountRow]) -> EventDelta:
        """What is told of these rows after `blank`, against what the old pages told."""
        known = {event.id: event for page in old for event in page.events}
        chronicle, told = blank._appended(rows)
        come = tuple(event for event in told if known.get(event.id) != event)
        return EventDelta(chronicle, come, frozenset(known.keys() - {event.id for event in told}))

    def with_basis(self, standard: RankingBasis) -> EventDelta:
        """With growth measured otherwise: an inception told another capital than was thought."""
        first = self.segments[0]
        blank = RowWindow.from_detector(first.detector_before.with_basis(standard), self.since)
        return self._diff_events(self.segments, blank, [row for page in self.segments for row in page.rows])

    def _trimmed(self, pages: list[Segment], now: EventDetector) -> RowWindow:
        """Without the pages that are too many; what is older than the rest is late from then on."""
        if len(pages) <= MAX_SEGMENTS:
            return RowWindow(tuple(pages), now, self.since)
        kept = tuple(pages[-MAX_SEGMENTS:])
        return RowWindow(kept, now, row_key(kept[0].rows[0]))


def start_window(
    standard: RankingBasis,
    rows: Iterable[AccountRow],
    curves: Mapping[AccountKey, Curve],
    events: Iterable[Event] = (),
    coins: Iterable[str] = (),
) -> RowWindow:
    """A chronicle that goes on from the newest row of each account and what is known of the past."""
    fold = EventDetector.from_rows(standard, rows, coins)
    if fold.hour is not None:
        begun = fold.hour.timestamp()
        for key in fold.growth:
            past = curves[key].last_before(begun) if key in curves else None
            if past is not None and standard.capital(key) > 0:
                fold.hour_end_growth[key] = past / standard.capital(key)
    for event in events:
        if event.kind == "coin" and event.coin is not None:
            fold.seen_coins.add(event.coin)
        elif event.kind == "liquidation" and event.account is not None and event.coin is not None:
            _restore_near_liquidation(fold, event.account, event.coin, event)
    return RowWindow.from_detector(fold)


def _restore_near_liquidation(fold: EventDetector, account: AccountKey, coin: str, event: Event) -> None:
    """A danger that was told and is not over: it stays so while the mark is neither near nor far."""
    row = fold.rows.get(account)
    for position in row.positions if row else ():
        away = liquidation_distance_pct(position)
        if (
            position.coin == coin
            and position.side == event.side
            and away is not None
            and away < LIQUIDATION_CLEARED_PCT
        ):
            fold.near_liquidation[account, coin] = max(
                event.at, fold.near_liquidation.get((account, coin), event.at)
            )


def same_events(one: AccountRow, other: AccountRow) -> bool:
    """Whether two rows of one account and moment tell the same events."""
    return one.equity_usd == other.equity_usd and _event_inputs(one) == _event_inputs(other)


def _event_inputs(row: AccountRow) -> list[tuple[object, ...]]:
    return [
        (p.coin, p.quantity, p.entry_price, p.mark_price, p.leverage, p.liquidation_price, p.exit_plan)
        for p in row.positions
    ]
