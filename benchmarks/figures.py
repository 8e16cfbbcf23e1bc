"""Cost of one more poll for figures and events of a long season, relative to deriving all of it again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench.report import Figure, arguments, middle, show
from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.events.detector import EventDetector, RankingBasis
from nof1tui.domain.events.window import RowWindow
from nof1tui.domain.records import AccountKey, AccountRow, Feed, Position, Trade
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.stats.stats_cache import StatsCache

BEGIN = datetime(2025, 10, 18, tzinfo=UTC)
ACCOUNTS, TRADES = 32, 150
EVERY = timedelta(minutes=2)
MOST_RATIO = 0.5
"""Of reading the whole season: a poll must stay well below."""


def main() -> None:
    smoke = arguments(__doc__ or "").smoke
    polls = 60 if smoke else 2_000
    chance, equity = random.Random(7), [10_000.0] * ACCOUNTS
    batches = [poll(index, equity, chance) for index in range(polls + (3 if smoke else 30))]
    board = Board(Roster((Season("s", "Season", BEGIN, capital_usd=10_000.0),)))
    rows = tuple(row for batch in batches[:polls] for row in batch.accounts)
    board = apply_batch(apply_batch(board, replace(batches[0], accounts=rows)), closed(chance))
    figures, events = StatsCache(), list[float]()
    figures.figures(board)
    whole = middle([timed(lambda: StatsCache().figures(board)) for _ in range(3)])
    standard = RankingBasis(board.roster)
    derived = timed(lambda: RowWindow.from_detector(EventDetector(standard)).add_rows(rows))
    costs = list[float]()
    for batch in batches[polls:]:
        chronicle = board.event_window
        assert chronicle is not None
        events.append(timed(lambda window=chronicle, batch=batch: window.add_rows(batch.accounts)))
        board = apply_batch(board, batch)
        costs.append(timed(lambda board=board: figures.figures(board)))
    show(
        f"Figures and events, {ACCOUNTS} accounts, {polls:,} rows each, {TRADES} trades each",
        "the whole season",
        [
            Figure("figures after a poll", middle(costs), whole, goal_ratio=MOST_RATIO),
            Figure("events of a poll", middle(events), derived, goal_ratio=MOST_RATIO),
        ],
    )


def poll(index: int, equity: list[float], chance: random.Random) -> Batch:
    moment, rows = BEGIN + index * EVERY, list[AccountRow]()
    for number in range(ACCOUNTS):
        equity[number] *= 1.0 + chance.gauss(0.0, 0.002)
        account = AccountKey("s", f"model-{number}")
        held = Position("BTC", 1.0, 100.0, chance.uniform(95, 105), 0.0, 10.0, liquidation_price=90.0)
        rows.append(AccountRow(account, moment, moment, equity[number], positions=(held,)))
    return Batch(Feed.ACCOUNTS, "account-totals", moment, accounts=tuple(rows))


def closed(chance: random.Random) -> Batch:
    trades = []
    for number in range(ACCOUNTS):
        for index in range(TRADES):
            at = BEGIN + timedelta(minutes=10 * index)
            account = AccountKey("s", f"model-{number}")
            net = chance.gauss(0.0, 100.0)
            trades.append(
                Trade(f"{number}-{index}", account, "BTC", at, at, 1.0, "long", at - EVERY, net_usd=net)
            )
    return Batch(Feed.TRADES, "trades", BEGIN, trades=tuple(trades))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of the processor."""
    start = time.process_time()
    work()
    return 1_000.0 * (time.process_time() - start)


if __name__ == "__main__":
    main()
