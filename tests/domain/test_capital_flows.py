"""Boards of accounts with capital flows: figures read the index, equity stays equity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, build_board
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.domain.records import AccountKey, AccountRow, CapitalFlow, Feed, Inception, LedgerReading
from nof1tui.domain.roster import Roster, Season
from nof1tui.domain.series.curve import Curve
from tests.support.return_facts import at as seconds
from tests.support.return_facts import exact

KEY = AccountKey("wallets", "alice")
ROSTER = Roster(open_season=Season("wallets", "Wallets"))


def at(text: str) -> datetime:
    return datetime.fromtimestamp(seconds(text), UTC)


def row(
    when: str, equity: float, unrealized: float | None = None, realized: float | None = None
) -> AccountRow:
    moment = at(when)
    return AccountRow(KEY, moment, moment, equity, unrealized_usd=unrealized, realized_usd=realized)


def flow(when: str, usd: float, *, since: str | None = None, learned: str | None = None) -> CapitalFlow:
    kind = "deposit" if usd > 0 else "withdrawal"
    begin = None if since is None else at(since)
    return CapitalFlow(f"{when} {usd}", KEY, at(when), at(learned or when), usd, kind, since=begin)


def inception(when: str, usd: float) -> Inception:
    return Inception(KEY, at(when), usd, at(when))


def batch(
    *rows: AccountRow,
    flows: Iterable[CapitalFlow] = (),
    read_to: str | None = None,
    capital: Inception | None = None,
) -> Batch:
    readings = () if read_to is None else (LedgerReading(KEY, at(read_to)),)
    inceptions = () if capital is None else (capital,)
    now = max((*(row.observed_at for row in rows), at("2026-04-01")))
    return Batch(
        Feed.ACCOUNTS, "", now, accounts=rows, flows=tuple(flows), ledgers=readings, inceptions=inceptions
    )


def board_after(*batches: Batch) -> Board:
    board = Board(ROSTER)
    for item in batches:
        board = apply_batch(board, item)
    return board


def ranked(board: Board) -> LeaderboardRow:
    (standing,) = board.leaderboard
    return standing


def test_a_deposit_counts_neither_as_a_gain_nor_as_a_peak() -> None:
    board = board_after(
        batch(row("2026-04-01", 10_000.0), capital=inception("2026-04-01", 10_000.0)),
        batch(row("2026-04-02", 30_000.0), flows=[flow("2026-04-02", 20_000.0)]),
        batch(row("2026-04-03", 30_000.0)),
    )
    standing = ranked(board)
    assert standing.equity_usd == 30_000.0
    assert standing.return_pct == exact(0.0)
    assert standing.change_24h_pct == exact(0.0)
    assert standing.max_drawdown_pct == exact(0.0)
    assert standing.sharpe.value is None


def test_a_withdrawal_does_not_count_as_a_drawdown() -> None:
    board = board_after(
        batch(row("2026-04-01", 10_000.0), capital=inception("2026-04-01", 10_000.0)),
        batch(row("2026-04-02", 11_000.0)),
        batch(row("2026-04-02 12:00", 1_000.0), flows=[flow("2026-04-02 12:00", -10_000.0)]),
        batch(row("2026-04-03", 950.0)),
    )
    standing = ranked(board)
    assert standing.return_pct == exact(100 * (1.1 * 0.95 - 1))
    assert standing.max_drawdown_pct == exact(-5.0)


def bitemporal() -> list[Batch]:
    """The example of two times: a flow of 12:00, learned at 12:10."""
    late = flow("2026-04-02 12:00", 2_000.0, learned="2026-04-02 12:10")
    return [
        batch(
            row("2026-04-01", 1_000.0, 0.0, 0.0),
            capital=inception("2026-04-01", 1_000.0),
            read_to="2026-04-01",
        ),
        batch(row("2026-04-02", 1_000.0, 0.0, 0.0)),
        batch(row("2026-04-02 12:05", 3_000.0, 0.0, 0.0)),
        batch(flows=[late], read_to="2026-04-02 12:10"),
        batch(row("2026-04-03", 3_030.0, 30.0, 0.0)),
    ]


def test_a_flow_is_pending_until_the_ledger_names_it() -> None:
    steps = bitemporal()
    pending = ranked(board_after(*steps[:3]))
    assert (pending.return_pct, pending.note) == (exact(0.0), "pending flow of about 2,000")
    known = ranked(board_after(*steps[:4]))
    assert (known.return_pct, known.note) == (exact(0.0), None)
    assert ranked(board_after(*steps)).return_pct == exact(1.0)


def test_a_change_that_the_ledger_does_not_explain_is_a_result_with_a_mark() -> None:
    steps = bitemporal()
    board = board_after(*steps[:3], batch(read_to="2026-04-02 12:10"))
    assert ranked(board).return_pct == exact(200.0)
    assert ranked(board).marks == ("unexplained",)


def test_results_that_are_reported_late_hold_nothing_for_good() -> None:
    board = board_after(
        batch(row("2026-04-01", 1_000.0, 0.0, 0.0), read_to="2026-04-01"),
        batch(row("2026-04-01 00:01", 900.0, 0.0, 0.0)),
        batch(row("2026-04-01 00:02", 900.0, 0.0, -100.0)),
    )
    assert ranked(board).marks == ()
    assert ranked(board).note is None
    assert board.performance_curve(KEY) is not None
    assert list(board.performance_curve(KEY).values) == [1_000.0, 900.0, 900.0]  # type: ignore[union-attr]


def test_a_flow_learned_late_corrects_from_its_own_time_on() -> None:
    rows = [row("2026-04-01", 10_000.0), row("2026-04-02", 15_000.0), row("2026-04-03", 15_750.0)]
    board = board_after(
        batch(*rows, capital=inception("2026-04-01", 10_000.0)),
        batch(flows=[flow("2026-04-02", 5_000.0, learned="2026-04-03")]),
    )
    assert ranked(board).return_pct == exact(5.0)
    assert list(board.curves[KEY].values) == [10_000.0, 15_000.0, 15_750.0]


def test_a_flow_of_unknown_time_gives_a_band() -> None:
    board = board_after(
        batch(row("2026-04-01", 10_000.0), capital=inception("2026-04-01", 10_000.0)),
        batch(row("2026-04-02", 10_500.0)),
        batch(row("2026-04-03", 30_300.0), flows=[flow("2026-04-03", 19_500.0, since="2026-04-02")]),
        batch(row("2026-04-04", 29_700.0)),
        batch(row("2026-04-05", 9_900.0), flows=[flow("2026-04-05", -20_000.0, since="2026-04-04")]),
    )
    standing = ranked(board)
    assert standing.return_pct == pytest.approx(5.51, abs=0.005)
    assert standing.return_low_pct == pytest.approx(4.65, abs=0.005)
    assert standing.return_high_pct == pytest.approx(8.04, abs=0.005)
    assert standing.max_drawdown_pct == pytest.approx(-1.98, abs=0.005)
    assert standing.marks == ("estimated",)


def test_an_account_without_flows_has_the_figures_of_its_equity_bit_for_bit() -> None:
    equities = [10_000.0, 10_101.7, 9_876.54321, 10_333.3, 10_299.99]
    rows = [row(f"2026-04-0{day}", usd) for day, usd in enumerate(equities, start=1)]
    plain = board_after(batch(capital=inception("2026-04-01", 10_000.0)), *(batch(item) for item in rows))
    watched = board_after(
        batch(capital=inception("2026-04-01", 10_000.0)),
        *(batch(item, read_to="2026-04-09") for item in rows),
    )
    assert watched.leaderboard == plain.leaderboard
    assert watched.performance_curve(KEY) is watched.curves[KEY]
    assert not plain.indexes


def test_the_index_from_the_store_is_the_live_one() -> None:
    flows = [flow("2026-04-02", 4_000.0), flow("2026-04-05 06:00", -3_000.0)]
    equities = [10_000.0, 14_100.0, 13_900.0, 14_500.0, 14_400.0, 11_300.0, 11_420.0]
    rows = [row(f"2026-04-0{day}", usd) for day, usd in enumerate(equities, start=1)]
    live = board_after(
        batch(capital=inception("2026-04-01", 10_000.0)),
        *(batch(item, flows=[f for f in flows if f.at <= item.observed_at]) for item in rows),
    )
    points = [(item.observed_at.timestamp(), item.equity_usd) for item in rows]
    stored = build_board(
        ROSTER,
        live.season,
        rows=rows[-1:],
        curves={KEY: Curve.of(10_000.0, points)},
        inceptions=[inception("2026-04-01", 10_000.0)],
        flows=flows,
    )
    assert stored.leaderboard == live.leaderboard
    assert stored.performance_curve(KEY) == live.performance_curve(KEY)


def test_money_put_in_between_inception_and_the_first_row_does_not_count_as_a_gain() -> None:
    board = board_after(
        batch(capital=inception("2026-04-01", 10_000.0)),
        batch(flows=[flow("2026-04-02", 20_000.0)]),
        batch(row("2026-04-03", 30_000.0)),
    )
    assert ranked(board).return_pct == exact(0.0)


def test_a_refill_after_a_total_loss_is_a_new_life() -> None:
    board = board_after(
        batch(row("2026-04-01", 1_000.0), capital=inception("2026-04-01", 1_000.0), read_to="2026-04-01"),
        batch(row("2026-04-02", 0.0)),
        batch(row("2026-04-03", 500.0), flows=[flow("2026-04-03", 500.0)]),
        batch(row("2026-04-04", 510.0)),
    )
    assert ranked(board).return_pct == exact(2.0)
    assert seconds("2026-04-03") == board.performance_curve(KEY).times[0]  # type: ignore[union-attr]


def test_an_emptied_and_refilled_account_keeps_its_index() -> None:
    board = board_after(
        batch(row("2026-04-01", 1_000.0), capital=inception("2026-04-01", 1_000.0)),
        batch(row("2026-04-02", 1_100.0)),
        batch(row("2026-04-02 00:01", 2.0), flows=[flow("2026-04-02 00:01", -1_098.0)]),
        batch(row("2026-04-03", 1.0)),
        batch(row("2026-04-04", 5_000.0), flows=[flow("2026-04-04", 4_999.0)]),
        batch(row("2026-04-05", 5_500.0)),
    )
    assert ranked(board).return_pct == exact(100 * (1.1 * 1.1 - 1))


def test_a_gap_of_one_account_leaves_the_rank_changes_of_the_others() -> None:
    names = ("a", "b", "late")
    keys = [AccountKey("wallets", name) for name in names]
    begin = at("2026-04-01")

    def of(key: AccountKey, hours: float, equity: float) -> AccountRow:
        moment = begin + timedelta(hours=hours)
        return AccountRow(key, moment, moment, equity)

    rows = [of(keys[0], 0, 100.0), of(keys[1], 0, 110.0), of(keys[0], 24, 120.0), of(keys[1], 24, 110.0)]
    board = apply_batch(
        Board(ROSTER),
        Batch(
            Feed.ACCOUNTS,
            "",
            begin,
            accounts=(*rows, of(keys[2], 20, 115.0)),
            inceptions=tuple(Inception(key, begin, 100.0, begin) for key in keys),
        ),
    )
    assert {s.account.trader: (s.rank, s.rank_change) for s in board.leaderboard} == {
        "a": (1, 1),
        "late": (2, None),
        "b": (3, -1),
    }
