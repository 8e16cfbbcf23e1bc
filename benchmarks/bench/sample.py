"""A made-up arena of any size: the same figures at every run."""

from __future__ import annotations

import random
from array import array
from datetime import UTC, datetime, timedelta
from math import sin

from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, build_board
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Position, Price, Trade
from nof1tui.domain.roster import Roster, Season, TraderInfo
from nof1tui.domain.series.curve import Curve

NOW = datetime(2025, 10, 28, 7, 4, tzinfo=UTC)
POLL = timedelta(seconds=130)
PRICES = {"BTC": 114_502.5, "ETH": 4_119.7, "SOL": 199.89, "BNB": 1_135.7, "DOGE": 0.20004, "XRP": 2.6438}


def walk(number: int, points: int) -> tuple[array[float], array[float]]:
    """Times and values of the number-th equity curve, up to now."""
    chance, value = random.Random(number), 10_000.0
    first = (NOW - points * POLL).timestamp()
    times, values = array("d"), array("d")
    for place in range(points):
        value *= 1 + chance.gauss(0, 0.002) + 0.0004 * sin(place / 90 + number)
        times.append(first + (place + 1) * POLL.total_seconds())
        values.append(value)
    return times, values


class SampleArena:
    """`accounts` traders with `points` of history each, and polls that change some of them."""

    def __init__(self, accounts: int, points: int = 2_000) -> None:
        self._chance = random.Random(accounts)
        self.at = NOW
        start = NOW - points * POLL
        self.season = Season("s1", "Alpha Arena S1", start, NOW + timedelta(days=7), 10_000.0)
        keys = [AccountKey("s1", f"model-{number}") for number in range(accounts)]
        self.roster = Roster(
            seasons=(self.season,), traders=tuple(TraderInfo(k.trader, f"Model {k.trader[6:]}") for k in keys)
        )
        self.curves = {
            key: Curve.of(10_000.0, zip(*walk(number, points), strict=True))
            for number, key in enumerate(keys)
        }
        self._equity = {key: curve.values[-1] for key, curve in self.curves.items()}
        self._keys = keys
        self.board = build_board(
            self.roster,
            self.season,
            rows=[self._row(key) for key in keys],
            curves=self.curves,
            trades=[self._trade(key, number) for key in keys[:40] for number in range(5)],
            prices=self._prices(),
        )
        self._poll_health()

    def poll(self, share: float) -> Board:
        """The board after one more poll in which this share of the accounts and prices changed."""
        self.at += POLL
        count = max(1, round(len(self._keys) * share))
        changed = self._keys if share >= 1 else self._chance.sample(self._keys, count)
        for key in changed:
            self._equity[key] *= 1 + self._chance.gauss(0, 0.002)
        prices = self._prices()[: max(1, round(len(PRICES) * share))]
        self.board = apply_batch(self.board, Batch(Feed.PRICES, "prices", self.at, prices=tuple(prices)))
        rows = tuple(self._row(key) for key in changed)
        self.board = apply_batch(
            self.board, Batch(Feed.ACCOUNTS, "accounts", self.at, accounts=rows, status=200)
        )
        return self.board

    def _poll_health(self) -> None:
        self.board = apply_batch(self.board, Batch(Feed.ACCOUNTS, "accounts", self.at, status=200))

    def _row(self, key: AccountKey) -> AccountRow:
        equity = self._equity[key]
        held = (self._position("BTC", equity, 0.4), self._position("ETH", equity, -0.2))
        return AccountRow(key, self.at, self.at, equity, unrealized_usd=(equity - 10_000) / 3, positions=held)

    def _position(self, coin: str, equity: float, share: float) -> Position:
        price = PRICES[coin]
        position = Position(
            coin, share * 10_000 / price, price * 0.98, price * equity / 10_000, leverage=10.0
        )
        return replace(position, entry_at=NOW - timedelta(hours=9))

    def _trade(self, key: AccountKey, number: int) -> Trade:
        exit_at = NOW - timedelta(hours=5 * number + 1)
        net = 40.0 * (number % 3 - 1)
        return Trade(
            f"{key.trader}-{number}",
            key,
            "BTC",
            exit_at,
            exit_at,
            quantity=0.1,
            side="long",
            net_usd=net,
            fees_usd=3.1,
        )

    def _prices(self) -> list[Price]:
        return [
            Price(coin, price * (1 + self._chance.gauss(0, 0.003)), self.at, self.at)
            for coin, price in PRICES.items()
        ]
