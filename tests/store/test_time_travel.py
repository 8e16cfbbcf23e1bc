"""A board as of any time equals the board shown live then, as plain Python computes it from the records."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import KEPT_EVENTS, apply_batch
from nof1tui.domain.events.detector import EventDetector, RankingBasis, row_key
from nof1tui.domain.events.event import Event, superseded_by_trades, trade_event
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Inception, Position, Price
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.curve import Curve
from nof1tui.store.connection.connect import Database
from nof1tui.store.reading import series
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, decision, position, trade
from tests.support.builders import at as minute
from tests.support.equity_lines import read_equity_lines

TRADERS = ("gpt-5", "grok-4", "qwen3-max", "newcomer")
COINS = ("BTC", "ETH", "SOL")
PAUSES_S = (10.0, 10.0, 10.0, 45.0, 130.0, 700.0, 4_000.0, 40_000.0, 130_000.0)
"""Seconds between polls: bursts, the API's usual rate, outages of hours and days."""


@dataclass
class Season:
    """A random season, poll by poll."""

    chance: random.Random
    slug: str
    now: datetime
    number: int = 0
    equity: dict[str, float] = field(default_factory=dict)
    held: dict[str, dict[str, Position]] = field(default_factory=dict)
    sent: list[AccountRow] = field(default_factory=list)

    def polls(self, count: int) -> Iterator[Batch]:
        for poll in range(count):
            self.now += timedelta(seconds=self.chance.choice(PAUSES_S) + self.chance.random())
            yield self._accounts(TRADERS if poll > count // 3 else TRADERS[:2])
            if self.chance.random() < 0.5:
                yield self._others()

    def _key(self, trader: str) -> AccountKey:
        return AccountKey(self.slug, trader)

    def _accounts(self, traders: Iterable[str]) -> Batch:
        rows = [self._row(trader) for trader in traders if self.chance.random() < 0.8]
        if self.sent and self.chance.random() < 0.3:
            revised = self.chance.choice(self.sent[-40:])
            rows.append(
                replace(
                    revised,
                    equity_usd=revised.equity_usd * self.chance.uniform(0.7, 1.4),
                    fetched_at=self.now + timedelta(seconds=1),
                )
            )
        if self.chance.random() < 0.15:
            late = self.now - timedelta(seconds=self.chance.uniform(0, 400_000))
            rows.append(replace(self._row(TRADERS[0]), observed_at=late))
        self.sent += rows
        return Batch(Feed.ACCOUNTS, "account-totals", self.now, accounts=tuple(rows))

    def _row(self, trader: str) -> AccountRow:
        equity = self.equity.get(trader, 10_000.0) * self.chance.uniform(0.94, 1.06)
        self.equity[trader] = equity
        held = self.held.setdefault(trader, {})
        coin = self.chance.choice(COINS)
        if self.chance.random() < 0.3 and held.pop(coin, None) is None:
            held[coin] = position(coin, self.chance.choice((-2.0, 3.5, 0.25)))
        for each, was in held.items():
            held[each] = replace(was, mark_price=self.chance.uniform(90, 110))
        return replace(
            account_row(trader, equity=equity, positions=tuple(held.values())),
            account=self._key(trader),
            observed_at=self.now - timedelta(seconds=self.chance.randrange(8)),
            fetched_at=self.now,
        )

    def _others(self) -> Batch:
        self.number += 1
        trader, name = self.chance.choice(TRADERS[:2]), f"{self.slug}-{self.number}"
        moment = self.now - timedelta(seconds=self.chance.randrange(400))
        closed = trade(net=self.chance.uniform(-90, 90), coin=self.chance.choice(COINS))
        return Batch(
            Feed.TRADES,
            "mixed",
            self.now,
            trades=(
                replace(
                    closed, id=f"t{name}", account=self._key(trader), exit_at=moment, fetched_at=self.now
                ),
            ),
            decisions=(replace(decision(), id=f"d{name}", account=self._key(trader), at=moment, texts=None),),
            prices=tuple(
                Price(coin, float(self.chance.randrange(3) + 100), moment, self.now) for coin in COINS
            ),
            inceptions=(Inception(self._key(trader), minute(-9_999), 12_000.0, self.now),)
            if self.number == 1
            else (),
        )


@dataclass
class Live:
    """The board as updated live by each batch."""

    board: Board
    batches: list[Batch] = field(default_factory=list)

    def apply(self, batch: Batch) -> Batch:
        self.board = apply_batch(self.board, batch)
        self.batches.append(batch)
        return batch

    def events(self, season: str) -> list[Event]:
        """All events of a season, derived from the final records in the order of their times."""
        rows = {(r.account, r.observed_at): r for batch in self.batches for r in batch.accounts}
        trades = {trade.id: trade for batch in self.batches for trade in batch.trades}
        capitals = {i.account: i.capital_usd for batch in self.batches for i in batch.inceptions}
        detector = EventDetector(RankingBasis(self.board.roster, capitals))
        season_rows = sorted((row for row in rows.values() if row.account.season == season), key=row_key)
        events = [event for row in season_rows for event in detector.detect(row)]
        return events + [trade_event(trade) for trade in trades.values() if trade.account.season == season]

    def as_of(self, moment: datetime) -> Board:
        """The board from the records whose time is not after this one; later revisions win."""
        rows, trades, decisions, prices, inceptions = {}, {}, {}, {}, {}
        for batch in self.batches:
            rows |= {(r.account, r.observed_at): r for r in batch.accounts if r.observed_at <= moment}
            trades |= {t.id: t for t in batch.trades if t.exit_at <= moment}
            decisions |= {d.id: d for d in batch.decisions if d.at <= moment}
            prices |= {(p.coin, p.observed_at): p for p in batch.prices if p.observed_at <= moment}
            inceptions |= {i.account: i for i in batch.inceptions if i.inception_at <= moment}
        dated = [(r.observed_at, r.account.season) for r in rows.values()]
        dated += [(t.exit_at, t.account.season) for t in trades.values()]
        season = self.board.roster.season(max(dated)[1]) if dated else None
        everything = Batch(
            Feed.ACCOUNTS,
            "all",
            moment,
            accounts=tuple(sorted(rows.values(), key=lambda row: row.observed_at)),
            trades=tuple(trades.values()),
            decisions=tuple(decisions.values()),
            prices=tuple(prices.values()),
            inceptions=tuple(inceptions.values()),
        )
        board = apply_batch(Board(self.board.roster, season, as_of=moment), everything)
        known = [event for event in self.events(season.slug if season else "") if event.at <= moment]
        superseded = superseded_by_trades(known)
        shown = sorted((e for e in known if e.id not in superseded), key=lambda e: (e.at, e.id), reverse=True)
        return replace(board, events=tuple(shown[:KEPT_EVENTS]))


def assert_same_board(stored: Board, plain: Board) -> None:
    for name in ("season", "as_of", "accounts", "inceptions", "trades", "decisions", "prices", "leaderboard"):
        assert getattr(stored, name) == getattr(plain, name), name
    assert stored.events == plain.events
    assert stored.curves.keys() == plain.curves.keys()
    for account, curve in plain.curves.items():
        assert_same_curves(stored.curves[account], curve)


def assert_same_curves(stored: Curve, plain: Curve) -> None:
    """A stored curve may omit points, but no peak, trough or end; its statistics are exact."""
    assert (stored.peak_usd, stored.max_drawdown) == (plain.peak_usd, plain.max_drawdown)
    assert (stored.days, stored.closes) == (plain.days, plain.closes)
    assert set(stored.points()) <= set(plain.points())
    assert (stored.times[0], stored.times[-1]) == (plain.times[0], plain.times[-1])
    assert (max(stored.values), min(stored.values)) == (max(plain.values), min(plain.values))


async def written_seasons(database: Database, roster: Roster, seed: int) -> Live:
    """Two seasons, written batch by batch, and their live board."""
    chance, live = random.Random(seed), Live(Board(roster))
    writer = Writer(database, arena="nof1", roster=roster)
    first = Season(chance, "s1", minute(chance.uniform(0, 3_000)))
    for batch in first.polls(70):
        await writer.write(live.apply(batch))
    for batch in Season(chance, "s1.5", first.now + timedelta(days=2)).polls(50):
        await writer.write(live.apply(batch))
    return live


def moments(live: Live, chance: random.Random, count: int) -> list[datetime]:
    """Random times of the range and exact times of observations."""
    seen = sorted(row.observed_at for batch in live.batches for row in batch.accounts)
    span = seen[-1] - seen[0]
    anywhere = [seen[0] + span * chance.uniform(-0.02, 1.02) for _ in range(count // 2)]
    return anywhere + chance.sample(seen, count - count // 2)


@pytest.mark.parametrize(("seed", "few"), [(1, 0), (2, 0), (3, series.MAX_RAW_ROWS)])
async def test_a_board_as_of_any_time_equals_the_one_computed_from_the_records(
    database: Database, roster: Roster, monkeypatch: pytest.MonkeyPatch, seed: int, few: int
) -> None:
    monkeypatch.setattr(series, "MAX_RAW_ROWS", few)
    live, reader = await written_seasons(database, roster, seed), Reader(database, roster)
    for moment in moments(live, random.Random(seed), 24):
        assert_same_board(await reader.board(moment), live.as_of(moment))
    newest = max(row.observed_at for batch in live.batches for row in batch.accounts)
    assert_same_board(replace(await reader.board(), as_of=newest), live.as_of(newest))
    assert live.board.events == live.as_of(newest).events


async def test_a_line_of_any_range_keeps_the_extremes_and_ends_of_every_bucket(
    database: Database, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MAX_RAW_ROWS", 0)
    live, chance = await written_seasons(database, roster, 4), random.Random(4)
    raw: dict[AccountKey, dict[float, float]] = {}
    for row in (row for batch in live.batches for row in batch.accounts):
        raw.setdefault(row.account, {})[row.observed_at.timestamp()] = row.equity_usd
    for _ in range(12):
        since, until = sorted(moments(live, chance, 2))
        buckets = chance.choice((4, 40, 400))
        width = series.build_level_chain(since, until, buckets)[0].width_s
        begin = series.floor_to_width(since, width).timestamp()
        lines = await read_equity_lines(database, since, until, buckets=buckets)
        for account, points in raw.items():
            inside = {at: v for at, v in points.items() if begin <= at <= until.timestamp()}
            line = lines.get(account)
            if not inside:
                assert line is None
                continue
            assert line is not None
            shown = dict(line.points())
            assert shown.items() <= inside.items()
            assert list(line.times) == sorted(shown)
            for bucket in {at // width for at in inside}:
                own = {at: v for at, v in inside.items() if at // width == bucket}
                drawn = [v for at, v in shown.items() if at // width == bucket]
                assert {max(own.values()), min(own.values())} <= set(drawn)
                assert shown[max(own)] == own[max(own)]
                assert shown[min(own)] == own[min(own)]
