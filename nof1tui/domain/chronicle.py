"""The events that account rows tell, whatever the order the rows arrive in.

`Fold` tells them row by row, in the order of the rows' own times. `Chronicle` keeps the newest rows
in pages, so that a row that comes late is put where it belongs and what follows is told again. Every
event depends on no more than the newest row of each account and the rows of the last `AGAIN` and of
the running hour before it: whoever has those can tell a stretch of the past anew (`Fold.resumed`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from nof1tui.domain.curve import Curve
from nof1tui.domain.events import Event, EventKind, position_event, position_events
from nof1tui.domain.metrics import liquidation_distance_pct, ranks
from nof1tui.domain.model import AccountKey, AccountRow, Position
from nof1tui.domain.roster import Roster

NEAR_PCT = 5.0
"""Liquidation is near when the mark may move no further than this, in percent of it …"""
FAR_PCT = 7.5
"""… and the danger is over once it may move this far: in between nothing is told."""
AGAIN = timedelta(hours=2)
"""A danger that has been out of sight for this long is told again."""
PAGE_ROWS = 256
PAGES = 8
HOUR = timedelta(hours=1)

Place = tuple[datetime, AccountKey]
"""Where a row stands among all."""


def place_of(row: AccountRow) -> Place:
    return row.observed_at, row.account


def hour_of(moment: datetime) -> datetime:
    """The beginning of its UTC hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Standard:
    """What growth is measured by, and who takes part in the ranking."""

    roster: Roster
    capitals: Mapping[AccountKey, float] = field(default_factory=dict)
    """Of the accounts whose inception is known."""

    def capital(self, account: AccountKey) -> float:
        known = self.capitals.get(account)
        return self.roster.capital(account) if known is None else known

    def ranks(self, account: AccountKey) -> bool:
        return self.roster.trader(account.trader).kind != "benchmark"

    def gain(self, row: AccountRow) -> float:
        """Growth factor since the start."""
        capital = self.capital(row.account)
        return row.equity_usd / capital if capital > 0 else float("-inf")


@dataclass(slots=True)
class Fold:
    """What must be known of the rows so far to tell the events of the next one."""

    standard: Standard
    rows: dict[AccountKey, AccountRow] = field(default_factory=dict)
    """The newest row of each account."""
    gains: dict[AccountKey, float] = field(default_factory=dict)
    """Growth of each account that is ranked."""
    leader: AccountKey | None = None
    """Who is ahead of all others; None where the first place is shared."""
    near: dict[tuple[AccountKey, str], datetime] = field(default_factory=dict)
    """When a position was last near its liquidation."""
    coins: set[str] = field(default_factory=set)
    """Held by anybody so far."""
    hour: datetime | None = None
    """The hour of the newest row."""
    closed: dict[AccountKey, float] = field(default_factory=dict)
    """Growths at the end of the last hour before it that has rows."""

    @classmethod
    def resumed(cls, standard: Standard, rows: Iterable[AccountRow], coins: Iterable[str] = ()) -> Fold:
        """As it stands after these, the newest rows of all accounts."""
        fold = cls(standard)
        for row in sorted(rows, key=place_of):
            for _ in fold.tell(row):
                pass
        fold.coins.update(coins)
        fold.closed = dict(fold.gains)
        return fold

    def copy(self) -> Fold:
        return replace(
            self,
            rows=dict(self.rows),
            gains=dict(self.gains),
            near=dict(self.near),
            coins=set(self.coins),
            closed=dict(self.closed),
        )

    def measured(self, standard: Standard) -> Fold:
        """The same rows by another standard."""
        fold, old = self.copy(), self.standard
        fold.standard = standard
        fold.gains = {key: standard.gain(self.rows[key]) for key in self.gains}
        fold.closed = {
            key: gain * old.capital(key) / standard.capital(key)
            for key, gain in self.closed.items()
            if standard.capital(key) > 0
        }
        fold.leader = fold._ahead()
        return fold

    def tell(self, row: AccountRow) -> Iterator[Event]:
        """The events this row brings about; rows come in the order of `place_of`."""
        hour = hour_of(row.observed_at)
        if hour != self.hour:
            yield from self._hour_ends()
            self.hour = hour
        before = self.rows.get(row.account)
        self.rows[row.account] = row
        if before is None:
            yield Event(_once("joined", row, row.account.slug), row.observed_at, "joined", row.account)
        yield from position_events(before, row)
        if row.positions or (before is not None and before.positions):
            yield from self._positions(before, row)
        if self.standard.ranks(row.account):
            yield from self._lead(row, first=before is None)

    def _hour_ends(self) -> Iterator[Event]:
        """Who has another place than when the hour before ended, among those who had one then."""
        if self.hour is None:
            return
        both = [key for key in sorted(self.gains) if key in self.closed]
        then = ranks([self.closed[key] for key in both])
        now = ranks([self.gains[key] for key in both])
        at = self.hour + HOUR
        for key, was, its in zip(both, then, now, strict=True):
            if was != its:
                name = f"rank:{key.season}:{key.slug}:{at.isoformat()}"
                yield Event(name, at, "rank", key, value=float(its), before=float(was))
        self.closed = dict(self.gains)

    def _positions(self, before: AccountRow | None, row: AccountRow) -> Iterator[Event]:
        held = {position.coin: position for position in row.positions}
        sides = {position.coin: position.side for position in before.positions} if before else {}
        for coin in sides.keys() | held.keys():
            if coin not in held or held[coin].side != sides.get(coin):
                self.near.pop((row.account, coin), None)
        for position in row.positions:
            if position.coin not in self.coins:
                self.coins.add(position.coin)
                name = _once("coin", row, position.coin)
                yield Event(name, row.observed_at, "coin", row.account, position.coin)
            yield from self._liquidation(row, position)

    def _liquidation(self, row: AccountRow, position: Position) -> Iterator[Event]:
        away, key = liquidation_distance_pct(position), (row.account, position.coin)
        if away is None or away >= FAR_PCT:
            self.near.pop(key, None)
        elif away <= NEAR_PCT:
            last = self.near.get(key)
            self.near[key] = row.observed_at
            if last is None or row.observed_at - last > AGAIN:
                yield position_event(
                    row,
                    "liquidation",
                    position,
                    abs(position.quantity),
                    position.liquidation_price,
                    value=away,
                )

    def _lead(self, row: AccountRow, *, first: bool) -> Iterator[Event]:
        """A change of the first place; who has just come took it from nobody."""
        key, before = row.account, self.leader
        old, gain = self.gains.get(key), self.standard.gain(row)
        self.gains[key] = gain
        if gain == old or (before not in (None, key) and gain < self.gains[before]):
            return
        leads = self.leader = self._ahead()
        if leads is None or leads == before or (first and leads == key) or len(self.gains) < 2:
            return
        at = row.observed_at
        yield Event(f"lead:{key.season}:{leads.slug}:{at.isoformat()}", at, "lead", leads, other=before)

    def _ahead(self) -> AccountKey | None:
        most = max(self.gains.values(), default=None)
        first = [key for key, gain in self.gains.items() if gain == most]
        return first[0] if len(first) == 1 else None


def _once(kind: EventKind, row: AccountRow, name: str) -> str:
    """The id of what happens once in a season: an earlier sight of it is the same event."""
    return f"{kind}:{row.account.season}:{name}"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows side by side in time, with what was known before them and the events they brought about."""

    before: Fold
    rows: tuple[AccountRow, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What rows changed about the events that are known."""

    chronicle: Chronicle
    come: tuple[Event, ...] = ()
    """New, or with other content than before."""
    gone: frozenset[str] = frozenset()
    """Ids of events that, with these rows, never happened."""
    late: tuple[AccountRow, ...] = ()
    """Rows older than the pages reach back: what they change has to be told from the store."""


@dataclass(frozen=True, slots=True)
class Chronicle:
    """The newest rows of all accounts of a season, and what is told about them."""

    pages: tuple[Page, ...]
    now: Fold
    since: Place | None = None
    """Rows before this are late; None where the first page begins with the newest rows of all accounts,
    which says little of the order they came in."""

    @classmethod
    def beginning(cls, fold: Fold, since: Place | None = None) -> Chronicle:
        return cls((Page(fold),), fold, since)

    def absorb(self, rows: Iterable[AccountRow]) -> Told:
        """With these rows. Of two rows of one account and moment the one fetched last counts."""
        fresh, late = dict[Place, AccountRow](), list[AccountRow]()
        known: Mapping[Place, AccountRow] | None = None
        last = self._last
        for row in rows:
            if self._is_newest(row):
                continue
            place = place_of(row)
            if self._is_late(place):
                late.append(row)
                continue
            old = fresh.get(place)
            if old is None and last is not None and place <= last:
                known = self._known() if known is None else known
                old = known.get(place)
            if old is None or (row.fetched_at >= old.fetched_at and not alike(row, old)):
                fresh[place] = row
        if not fresh:
            return Told(self, late=tuple(late))
        ordered = [fresh[place] for place in sorted(fresh)]
        if last is None or place_of(ordered[0]) > last:
            chronicle, come = self._appended(ordered)
            return Told(chronicle, tuple(come), late=tuple(late))
        return replace(self._told_again(fresh), late=tuple(late))

    @property
    def _last(self) -> Place | None:
        """The place of the newest row in the pages."""
        for page in reversed(self.pages):
            if page.rows:
                return place_of(page.rows[-1])
        return self.since

    def _is_late(self, place: Place) -> bool:
        if self.since is not None and place < self.since:
            return True
        base = self.pages[0].before.rows.get(place[1])
        return base is not None and place[0] <= base.observed_at

    def _is_newest(self, row: AccountRow) -> bool:
        """Whether it is known already, as its account's newest row."""
        known = self.now.rows.get(row.account)
        return known is row or (
            known is not None and known.observed_at == row.observed_at and alike(known, row)
        )

    def _known(self) -> dict[Place, AccountRow]:
        return {place_of(row): row for page in self.pages for row in page.rows}

    def _appended(self, rows: Sequence[AccountRow]) -> tuple[Chronicle, list[Event]]:
        pages, come, now = list(self.pages), list[Event](), self.now.copy()
        for start in range(0, len(rows), PAGE_ROWS):
            piece = rows[start : start + PAGE_ROWS]
            if len(pages[-1].rows) >= PAGE_ROWS:
                pages.append(Page(now.copy()))
            events = [event for row in piece for event in now.tell(row)]
            page = pages[-1]
            pages[-1] = Page(page.before, (*page.rows, *piece), (*page.events, *events))
            come += events
        return self._turned(pages, now), come

    def _told_again(self, fresh: Mapping[Place, AccountRow]) -> Told:
        first = min(fresh)
        start = len(self.pages) - 1
        while start and (not self.pages[start].rows or first < place_of(self.pages[start].rows[0])):
            start -= 1
        kept, again = self.pages[:start], self.pages[start:]
        rows = {place_of(row): row for page in again for row in page.rows} | dict(fresh)
        blank = Chronicle((*kept, Page(again[0].before)), again[0].before, self.since)
        return self._compared(again, blank, [rows[place] for place in sorted(rows)])

    @staticmethod
    def _compared(old: Iterable[Page], blank: Chronicle, rows: Sequence[AccountRow]) -> Told:
        """What is told of these rows after `blank`, against what the old pages told."""
        known = {event.id: event for page in old for event in page.events}
        chronicle, told = blank._appended(rows)
        come = tuple(event for event in told if known.get(event.id) != event)
        return Told(chronicle, come, frozenset(known.keys() - {event.id for event in told}))

    def measured(self, standard: Standard) -> Told:
        """With growth measured otherwise: an inception told another capital than was thought."""
        first = self.pages[0]
        blank = Chronicle.beginning(first.before.measured(standard), self.since)
        return self._compared(self.pages, blank, [row for page in self.pages for row in page.rows])

    def _turned(self, pages: list[Page], now: Fold) -> Chronicle:
        """Without the pages that are too many; what is older than the rest is late from then on."""
        if len(pages) <= PAGES:
            return Chronicle(tuple(pages), now, self.since)
        kept = tuple(pages[-PAGES:])
        return Chronicle(kept, now, place_of(kept[0].rows[0]))


def begin(
    standard: Standard,
    rows: Iterable[AccountRow],
    curves: Mapping[AccountKey, Curve],
    events: Iterable[Event] = (),
    coins: Iterable[str] = (),
) -> Chronicle:
    """A chronicle that goes on from the newest row of each account and what is known of the past."""
    fold = Fold.resumed(standard, rows, coins)
    if fold.hour is not None:
        begun = fold.hour.timestamp()
        for key in fold.gains:
            past = curves[key].last_before(begun) if key in curves else None
            if past is not None and standard.capital(key) > 0:
                fold.closed[key] = past / standard.capital(key)
    for event in events:
        if event.kind == "coin" and event.coin is not None:
            fold.coins.add(event.coin)
        elif event.kind == "liquidation" and event.account is not None and event.coin is not None:
            _remember(fold, event.account, event.coin, event)
    return Chronicle.beginning(fold)


def _remember(fold: Fold, account: AccountKey, coin: str, event: Event) -> None:
    """A danger that was told and is not over: it stays so while the mark is neither near nor far."""
    row = fold.rows.get(account)
    for position in row.positions if row else ():
        away = liquidation_distance_pct(position)
        if position.coin == coin and position.side == event.side and away is not None and away < FAR_PCT:
            fold.near[account, coin] = max(event.at, fold.near.get((account, coin), event.at))


def alike(one: AccountRow, other: AccountRow) -> bool:
    """Whether two rows of one account and moment tell the same events."""
    return one.equity_usd == other.equity_usd and _gist(one) == _gist(other)


def _gist(row: AccountRow) -> list[tuple[object, ...]]:
    return [
        (p.coin, p.quantity, p.entry_price, p.mark_price, p.leverage, p.liquidation_price, p.exit_plan)
        for p in row.positions
    ]
