"""Bodies as servers in Go, Rust and Node write them, and the board that they give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.roster import Roster
from tests.support.decoding import AT, decoded_body

Json = dict[str, Any]
MOMENT = datetime(2025, 10, 28, 6, 59, 57, 301000, tzinfo=UTC)


def board(**bodies: Any) -> Board:
    """The board of a server of one's own after these bodies, by endpoint with `_` for `-`."""
    made = Board(Roster())
    for endpoint, body in bodies.items():
        batch = decoded_body(endpoint.replace("_", "-"), body)
        assert not batch.rejects, batch.rejects
        made = apply_batch(made, batch)
    return made


def trades(*records: Json) -> list[tuple[Any, ...]]:
    made = board(trades={"trades": [{"model_id": "zed", "symbol": "SOL", **each} for each in records]})
    return [(t.side, t.quantity, t.net_usd) for log in made.trades.values() for t in log.trades]


@pytest.mark.parametrize("side", ["short", "SHORT", "Short", "close_short"])
def test_unsigned_trades_have_the_side_in_words(side: str) -> None:
    won = {"id": 1, "side": side, "quantity": 20, "entry_price": 190.0, "exit_price": 180.0, "exit_time": AT}
    lost = won | {"id": 2, "exit_price": 195.0, "realized_net_pnl": -101.2}
    assert trades(won | {"realized_net_pnl": 198.8}) == [("short", -20.0, 198.8)]
    assert trades(lost) == [("short", -20.0, -101.2)]


@pytest.mark.parametrize(
    ("held", "net"),
    [
        ({"side": "short", "quantity": 3.0, "unrealized_pnl": 30.0}, -540.0 / 9_000),
        ({"side": "Short", "quantity": "3", "unrealized_pnl": None}, -540.0 / 9_000),
        ({"direction": "short", "size": 3}, -540.0 / 9_000),
        ({"side": "long", "quantity": 3.0, "unrealized_pnl": -30.0}, 540.0 / 9_000),
    ],
)
def test_net_exposure_follows_the_side_in_words(held: Json, net: float) -> None:
    position = {"symbol": "SOL", "entry_price": 190.0, "current_price": 180.0, "leverage": 4, **held}
    row = {"model_id": "zed", "timestamp": AT, "dollar_equity": 9_000.0, "positions": {"SOL": position}}
    (line,) = board(account_totals={"accountTotals": [row]}).leaderboard
    assert line.exposure_net == pytest.approx(net)


@pytest.mark.parametrize("unknown", [0, 0.0, "0", None, "", "0001-01-01T00:00:00Z"])
def test_a_time_that_a_server_does_not_have_costs_no_position_trade_or_price(unknown: Any) -> None:
    position = {"quantity": 2.0, "entry_price": 90.0, "current_price": 95.0, "entry_time": unknown}
    row = {"model_id": "zed", "timestamp": AT, "dollar_equity": 9_010.0, "positions": {"SOL": position}}
    trade = {"id": "a", "model_id": "zed", "symbol": "SOL", "exit_time": AT, "entry_time": unknown}
    made = board(
        account_totals={"accountTotals": [row]},
        trades={"trades": [trade]},
        crypto_prices={"prices": {"SOL": {"price": 95.5, "timestamp": unknown}}, "serverTime": AT * 1_000},
    )
    (account,) = made.accounts.values()
    assert [(held.coin, held.quantity, held.entry_at) for held in account.positions] == [("SOL", 2.0, None)]
    assert [(t.coin, t.entry_at) for log in made.trades.values() for t in log.trades] == [("SOL", None)]
    assert (made.prices["SOL"].price.price, made.prices["SOL"].price.observed_at) == (95.5, MOMENT)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"trade_id": "fx-9"}, "fx-9"),
        ({"tradeId": 9}, "9"),
        ({"orderId": "7001"}, "zed_SOL_1761634797.301000_7001_20.0"),
        ({"order_id": 7001}, "zed_SOL_1761634797.301000_7001_20.0"),
        ({}, "zed_SOL_1761634797.301000_20.0"),
    ],
)
def test_a_trade_is_named_by_what_identifies_it(record: Json, name: str) -> None:
    wire = {"model_id": "zed", "symbol": "SOL", "exit_time": AT, "quantity": 20, "side": "SELL"} | record
    made = board(trades={"trades": [wire, wire]})
    assert [trade.id for log in made.trades.values() for trade in log.trades] == [name]


def test_decisions_are_dated_by_their_insertion_and_named_by_numbers() -> None:
    talk = {"model_id": "zed", "inserted_at": AT, "cot_trace_summary": "waiting", "llm_response": {}}
    made = board(conversations={"conversations": [talk | {"id": 4}, talk | {"id": "zed_5", "timestamp": 0}]})
    assert [(each.id, each.at) for each in made.decisions] == [("zed_5", MOMENT), ("4", MOMENT)]


@pytest.mark.parametrize(("capital", "percent"), [(25_000.0, 0.04), (500.0, 2.0), (1_000_000.0, 0.001)])
def test_the_return_is_the_reported_one_whatever_the_capital(capital: float, percent: float) -> None:
    earned = capital * percent / 100
    rows = [
        {"model_id": "zed", "timestamp": AT - 60 + 60 * share, "dollar_equity": capital + earned * share,
         "realized_pnl": earned * share, "total_unrealized_pnl": 0, "cum_pnl_pct": percent * share}
        for share in (0, 1)
    ]  # fmt: skip
    (line,) = board(account_totals={"accountTotals": rows, "initialBalance": 7}).leaderboard
    assert line.return_pct == pytest.approx(percent)


@pytest.mark.parametrize("year", [2010, 2019, 2025])
def test_records_of_any_year_are_one_season_of_a_server_of_ones_own(year: int) -> None:
    early = datetime(year, 3, 1, tzinfo=UTC).timestamp()
    rows = [{"model_id": "zed", "timestamp": at, "dollar_equity": 9_000.0} for at in (early, AT)]
    made = board(account_totals={"accountTotals": rows}, trades={"trades": None})
    assert {key.season for key in made.curves} == {"open"}
    assert [len(curve) for curve in made.curves.values()] == [2]


@pytest.mark.parametrize("text", ["2025-10-28T06:59:57.301Z", "2025-10-28T14:59:57.301+08:00"])
def test_times_in_iso_8601_are_read_in_their_zone(text: str) -> None:
    row = {"id": "zed_4", "model_id": "zed", "timestamp": text, "dollar_equity": "9000", "positions": []}
    (account,) = board(account_totals={"accountTotals": row}).accounts.values()
    assert (account.observed_at, account.equity_usd) == (MOMENT, 9_000.0)
