"""`show stats --json`: observations and reasons, outcomes of decisions, parts of the trades, correlations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nof1tui.domain.records import Feed, Signal
from tests.support.builders import account_row, at, batch, decision, trade
from tests.support.cli_types import Command

ENTRY = Signal("ETH", "buy_to_enter", quantity=1.5, confidence=0.7)


@pytest.fixture
def document(on_store: Command, keep: Callable[..., None]) -> dict[str, Any]:
    """Of two models: gpt-5 entered ETH with confidence 0.7, won $12.50, and lost $20 with a short of BTC."""
    hours = range(6)
    rows = [account_row(name, 60.0 * hour, 10_000.0 + 100 * hour * sign)
            for hour in hours for name, sign in (("gpt-5", 1), ("qwen3-max", -1))]  # fmt: skip
    keep(
        batch(Feed.ACCOUNTS, accounts=tuple(rows)),
        batch(Feed.DECISIONS, decisions=(decision(1, "gpt-5", 200, signals=(ENTRY,)),)),
        batch(
            Feed.TRADES,
            trades=(
                trade(7, "gpt-5", 260, 12.5, coin="ETH", entry_at=at(200 + 4 / 60)),
                trade(8, "gpt-5", 290, -20.0, coin="BTC", side="short", quantity=-0.1, entry_at=at(270)),
            ),
        ),
    )
    printed: dict[str, Any] = json.loads(on_store("show", "stats", "--json").out)
    return printed


def test_each_figure_has_its_observations_and_the_reason_of_its_weakness(document: dict[str, Any]) -> None:
    row = document["rows"][0]
    assert row["trader"] == "gpt-5"
    basis = row["basis"]["win_rate_pct"]
    assert (row["win_rate_pct"], basis["n"], basis["counted"]) == (50.0, 2, "trades")
    assert (basis["reason"], basis["marks"], basis["source"]) == ("2 of 30 trades", ["weak"], "computed")
    assert row["reasons"]["win_rate_pct"] == "2 of 30 trades"


def test_confidence_is_compared_with_the_outcome(document: dict[str, Any]) -> None:
    row = document["rows"][0]
    assert row["brier"] == pytest.approx((0.7 - 1.0) ** 2)
    assert (row["entry_signals"], row["signals_filled_pct"], row["time_to_fill_s"]) == (1, 100.0, 4.0)
    (bucket,) = row["calibration"]
    assert (bucket["low"], bucket["high"], bucket["n"], bucket["won_pct"]) == (0.7, 0.8, 1, 100.0)
    assert bucket["stated_pct"] == pytest.approx(70.0)
    other = document["rows"][1]
    assert (other["entry_signals"], other["brier"], other["calibration"]) == (0, None, [])
    assert other["reasons"]["brier"] == "no entries that were closed"


def test_trades_are_divided_by_side_and_by_coin(document: dict[str, Any]) -> None:
    row = document["rows"][0]
    sides = {part["side"]: (part["trades"], part["net_usd"], part["win_rate_pct"]) for part in row["by_side"]}
    assert sides == {"long": (1, 12.5, 100.0), "short": (1, -20.0, 0.0)}
    coins = {part["coin"]: (part["net_usd"], part["share_pct"]) for part in row["by_coin"]}
    assert coins == {"ETH": (12.5, 50.0), "BTC": (-20.0, 50.0)}


def test_correlations_are_a_symmetric_matrix_in_the_order_of_the_rows(document: dict[str, Any]) -> None:
    correlations = document["correlations"]
    assert correlations["accounts"] == [row["trader"] for row in document["rows"]] == ["gpt-5", "qwen3-max"]
    (own, pair), (mirrored, _) = correlations["matrix"]
    assert own == pytest.approx(1.0)
    assert pair == mirrored == pytest.approx(-1.0, abs=0.01)
    assert correlations["n"][0][1] == correlations["n"][1][0] == 5
