"""The board: changes by batches and failures, and the events derived from them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, apply_failure, build_board
from nof1tui.domain.health import STALE_AFTER, FeedFailure
from nof1tui.domain.records import (
    AccountKey,
    AccountRow,
    Decision,
    DecisionTexts,
    Feed,
    Inception,
    Position,
    Price,
    Trade,
)
from nof1tui.domain.roster import Roster, Season, TraderInfo
from nof1tui.domain.series.curve import Curve

START = datetime(2025, 10, 20, tzinfo=UTC)
S1 = Season("s1", "Season 1", START - timedelta(days=3), START + timedelta(days=14), 10_000.0)
S2 = Season("s2", "Season 2", START + timedelta(days=30), START + timedelta(days=60), 10_000.0)
ROSTER = Roster(
    seasons=(S1, S2),
    traders=(TraderInfo("gpt-5", "GPT 5"), TraderInfo("btc", "BTC hold", kind="benchmark")),
)
GPT, QWEN, HOLD = AccountKey("s1", "gpt-5"), AccountKey("s1", "qwen3-max"), AccountKey("s1", "btc")


def row(
    key: AccountKey, equity: float, minutes: float = 0.0, positions: tuple[Position, ...] = ()
) -> AccountRow:
    at = START + timedelta(minutes=minutes)
    return AccountRow(key, at, at, equity, positions=positions)


def rows(*items: AccountRow) -> Batch:
    return Batch(Feed.ACCOUNTS, "account-totals", START, accounts=items, status=200)


def trade(key: AccountKey, net: float, minutes: float, trade_id: str | None = None) -> Trade:
    at = START + timedelta(minutes=minutes)
    return Trade(
        trade_id or f"{key.slug}-{minutes}", key, "BTC", at, at, net_usd=net, fees_usd=1.0, side="long"
    )


def trades(*items: Trade) -> Batch:
    return Batch(Feed.TRADES, "trades", START, trades=items, status=200)


def after(*batches: Batch) -> Board:
    board = Board(ROSTER)
    for batch in batches:
        board = apply_batch(board, batch)
    return board


def test_accounts_are_ranked_by_return_with_benchmarks_last_and_unranked() -> None:
    board = after(rows(row(GPT, 9_000.0), row(HOLD, 20_000.0), row(QWEN, 12_000.0)))
    assert [(s.rank, s.account.trader) for s in board.leaderboard] == [
        (1, "qwen3-max"),
        (2, "gpt-5"),
        (None, "btc"),
    ]
    assert board.leaderboard[0].return_pct == pytest.approx(20.0)


def test_the_newest_row_counts_in_whatever_order_rows_come() -> None:
    board = after(rows(row(GPT, 2.0, 10)), rows(row(GPT, 1.0, 5)), rows(row(GPT, 3.0, 15), row(GPT, 2.5, 12)))
    assert board.accounts[GPT].equity_usd == 3.0
    assert list(board.curves[GPT].values) == [1.0, 2.0, 2.5, 3.0]


def test_change_and_rank_change_are_over_24_hours() -> None:
    day = 24 * 60.0
    board = after(
        rows(row(GPT, 12_000.0, 0), row(QWEN, 10_000.0, 0)),
        rows(row(GPT, 12_000.0, day), row(QWEN, 15_000.0, day)),
    )
    first, second = board.leaderboard
    assert (first.account, first.rank_change, first.change_24h_pct) == (QWEN, 1, pytest.approx(50.0))
    assert (second.account, second.rank_change, second.change_24h_pct) == (GPT, -1, 0.0)


def test_a_change_is_unknown_without_a_row_near_24_hours_ago() -> None:
    board = after(rows(row(GPT, 10_000.0, 0)), rows(row(GPT, 12_000.0, 3 * 24 * 60)))
    assert board.leaderboard[0].change_24h_pct is None
    assert board.leaderboard[0].rank_change is None


def test_capital_comes_from_the_inception_record_even_when_it_arrives_late() -> None:
    inception = Inception(GPT, START, 20_000.0, START)
    late = Batch(Feed.SEASON, "since-inception-values", START, inceptions=(inception,))
    board = after(rows(row(GPT, 10_000.0)), late)
    assert board.leaderboard[0].return_pct == pytest.approx(-50.0)
    assert board.curves[GPT].max_drawdown == pytest.approx(-0.5)


def test_trades_are_kept_once_and_summed_and_a_revised_one_replaces_itself() -> None:
    first = trades(trade(GPT, 10.0, 1), trade(GPT, -4.0, 2))
    board = after(rows(row(GPT, 1.0)), first, first, trades(trade(GPT, 12.0, 1)))
    log = board.trades[GPT]
    assert [t.net_usd for t in log.trades] == [-4.0, 12.0]
    assert board.leaderboard[0].stats.win_rate_pct == 50.0
    assert board.leaderboard[0].stats.fees_usd == 2.0


def test_the_same_trades_again_leave_the_log_itself_in_place() -> None:
    board = after(trades(trade(GPT, 10.0, 1)))
    again = apply_batch(board, trades(replace(trade(GPT, 10.0, 1), fetched_at=START + timedelta(days=1))))
    assert again.trades[GPT] is board.trades[GPT]


def test_decisions_come_newest_first_once_and_without_their_long_texts() -> None:
    def decision(minute: int) -> Decision:
        at = START + timedelta(minutes=minute)
        return Decision(f"d{minute}", GPT, at, at, summary="s", texts=DecisionTexts(prompt="x" * 1000))

    batch = Batch(Feed.DECISIONS, "conversations", START, decisions=(decision(1), decision(3), decision(2)))
    board = after(batch, batch)
    assert [d.id for d in board.decisions] == ["d3", "d2", "d1"]
    assert all(d.texts is None for d in board.decisions)


def test_a_quote_has_the_direction_of_the_last_move() -> None:
    def quoted(*values: float) -> int:
        board = Board(ROSTER)
        for minute, value in enumerate(values):
            at = START + timedelta(minutes=minute)
            batch = Batch(Feed.PRICES, "crypto-prices", at, prices=(Price("BTC", value, at, at),))
            board = apply_batch(board, batch)
        return board.prices["BTC"].direction

    assert [quoted(1.0), quoted(1.0, 2.0), quoted(2.0, 1.0), quoted(1.0, 2.0, 2.0)] == [0, 1, -1, 1]


def test_an_older_price_never_replaces_a_newer_one() -> None:
    newer = Price("BTC", 2.0, START + timedelta(minutes=1), START)
    older = Price("BTC", 1.0, START, START)
    board = after(Batch(Feed.PRICES, "crypto-prices", START, prices=(newer,)))
    board = apply_batch(board, Batch(Feed.PRICES, "crypto-prices", START, prices=(older,)))
    assert board.prices["BTC"].price.price == 2.0


def test_a_new_season_replaces_the_board_and_an_old_one_does_not() -> None:
    board = after(rows(row(GPT, 12_000.0)), trades(trade(GPT, 1.0, 1)))
    new_key = AccountKey("s2", "gpt-5")
    at = S2.starts_at or START
    board = apply_batch(board, rows(AccountRow(new_key, at, at, 10_500.0)))
    assert board.season == S2
    assert list(board.accounts) == [new_key]
    assert not board.trades
    board = apply_batch(board, rows(row(GPT, 1.0, 60)))
    assert list(board.accounts) == [new_key]


def test_a_failure_keeps_every_figure_and_has_a_reason() -> None:
    board = after(rows(row(GPT, 12_000.0)))
    failed = apply_failure(board, FeedFailure(Feed.ACCOUNTS, START + timedelta(minutes=1), "cannot connect"))
    assert failed.leaderboard == board.leaderboard
    assert failed.health.feed(Feed.ACCOUNTS).failure == "cannot connect"
    assert failed.health.feed(Feed.ACCOUNTS).last_ok_at == START
    assert failed.health.state(START) == "down"


def test_the_state_follows_from_the_age_of_account_rows() -> None:
    board = after(rows(row(GPT, 12_000.0)))
    assert Board(ROSTER).health.state(START) == "empty"
    assert board.health.state(START + STALE_AFTER) == "live"
    late = START + STALE_AFTER + timedelta(seconds=1)
    again = apply_batch(board, replace(rows(row(GPT, 12_000.0)), fetched_at=late))
    assert again.health.state(late) == "stale"


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((), (Position("ETH", 2.0),), [("opened", "ETH", 2.0)]),
        ((Position("ETH", 2.0),), (), [("closed", "ETH", 2.0)]),
        ((Position("ETH", 2.0),), (Position("ETH", 3.0),), [("increased", "ETH", 1.0)]),
        ((Position("ETH", -2.0),), (Position("ETH", -0.5),), [("reduced", "ETH", 1.5)]),
        ((Position("ETH", 2.0),), (Position("ETH", -1.0),), [("flipped", "ETH", 1.0)]),
        ((Position("ETH", 2.0),), (Position("ETH", 2.0 + 1e-12),), []),
    ],
)
def test_changes_of_a_position_are_events(
    before: tuple[Position, ...], now: tuple[Position, ...], expected: list[tuple[str, str, float]]
) -> None:
    board = after(rows(row(GPT, 1.0, 0, before)), rows(row(GPT, 1.0, 1, now)))
    kinds = [(e.kind, e.coin, e.quantity) for e in board.events if e.kind not in ("joined", "coin")]
    assert kinds == expected


def test_a_lead_change_names_who_lost_it() -> None:
    board = after(rows(row(GPT, 2.0, 0), row(QWEN, 1.0, 0)), rows(row(QWEN, 3.0, 1)))
    assert [(e.kind, e.account, e.other) for e in board.events if e.kind == "lead"] == [("lead", QWEN, GPT)]


def test_a_closed_trade_is_one_event_even_if_repeated() -> None:
    batch = trades(trade(GPT, 185.86, 1))
    board = after(batch, batch)
    assert [(e.kind, e.net_usd) for e in board.events] == [("trade", 185.86)]


@given(
    st.lists(st.tuples(st.sampled_from([GPT, QWEN, HOLD]), st.integers(0, 500)), max_size=40), st.randoms()
)
def test_order_and_repeats_of_batches_do_not_matter(
    items: list[tuple[AccountKey, int]], chance: random.Random
) -> None:
    facts = {(key, minute): row(key, 10_000.0 + minute, minute) for key, minute in items}
    straight = after(rows(*facts.values()))
    shuffled = [*facts.values(), *facts.values()]
    chance.shuffle(shuffled)
    pieces = after(*(rows(*shuffled[i : i + 3]) for i in range(0, len(shuffled), 3)))
    assert pieces.accounts == straight.accounts
    assert pieces.leaderboard == straight.leaderboard


def test_a_board_from_stored_records_equals_the_one_that_was_built_live() -> None:
    history = [row(GPT, 10_000.0 + i, i * 10) for i in range(30)] + [row(QWEN, 9_000.0, 100)]
    closed = [trade(GPT, 5.0, 7), trade(QWEN, -5.0, 9)]
    live = after(rows(*history), trades(*closed))
    curves = {
        key: Curve.of(
            10_000.0, ((r.observed_at.timestamp(), r.equity_usd) for r in history if r.account == key)
        )
        for key in (GPT, QWEN)
    }
    stored = build_board(ROSTER, S1, rows=live.accounts.values(), curves=curves, trades=closed)
    assert stored.leaderboard == live.leaderboard
    assert stored.trades == live.trades
