"""Figures of the whole arena: sums over its models, state, store and drift."""

from __future__ import annotations

from typing import Any

import pytest

from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.board import Board
from nof1tui.domain.figures.arena_view import ArenaView, CollectorView, StoreView
from nof1tui.domain.figures.catalogue import default_catalogue
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.records import Feed, Reconciliation
from nof1tui.domain.roster import Roster
from tests.domain.figures.sample_views import DAY, check, sample_board, views_of
from tests.support.builders import account_row, at, batch, board, key, position, trade


def test_sums_over_the_models_without_the_benchmark(roster: Roster) -> None:
    """gpt-5: 8,000 long, 1,000 short; qwen3-max: 4,119.70 long."""
    check("arena", views_of(sample_board(roster)).arena, [
        ("state", "live", None, None),
        ("models", 2, None, None),
        ("season_day", 12, None, None),
        ("positions", 3, None, None),
        ("long_usd", 12_119.7, 2, None),
        ("short_usd", 1_000.0, 1, None),
        ("unrealized_usd", 1_342.17 + 1_342.17 - 50.0, 3, None),
        ("leverage", 10.0, 3, None),
        ("trades", 3, None, None),
        ("win_rate_pct", 100 / 3, 3, "3 of 30 trades"),
        ("net_usd", 0.0, 3, None),
        ("fees_usd", 6.0, 3, None),
    ])  # fmt: skip


def test_positions_without_a_price_or_a_pnl_are_counted_in_the_reason(roster: Roster) -> None:
    bare = {"mark_price": None, "entry_price": None, "unrealized_usd": None, "leverage": None}
    held = (position("ETH", 1.0, mark_price=100.0, unrealized_usd=5.0), position("BTC", 1.0, **bare))
    poor = trade(net_usd=None)
    arena = views_of(board(roster, batch(accounts=(account_row(positions=held),), trades=(poor,))), 1).arena
    check("arena", arena, [
        ("long_usd", 100.0, 1, "1 of 2 positions without price"),
        ("short_usd", 0.0, 0, None),
        ("unrealized_usd", 5.0, 1, "1 of 2 positions without P&L"),
        ("leverage", 10.0, 2, None),
        ("net_usd", None, 0, "1 of 1 trades without a result"),
    ])  # fmt: skip


def test_correlations_are_a_symmetric_matrix(roster: Roster) -> None:
    values = (100.0, 103.0, 101.0, 106.0, 104.0)
    rows = [
        account_row(name, 60.0 * hour, equity=100.0 * sign * value + offset)
        for name, sign, offset in (("gpt-5", 1, 0.0), ("qwen3-max", -1, 20_000.0))
        for hour, value in enumerate(values)
    ]
    arena = views_of(board(roster, batch(accounts=tuple(rows))), minutes=241).arena
    found = default_catalogue().get("arena", "correlations").value(arena)
    assert found["returns"] == "hourly" and set(found["accounts"]) == {"gpt-5", "qwen3-max"}
    (one, other), (mirrored, last) = found["matrix"]
    assert one == last == pytest.approx(1.0)
    assert other == mirrored == pytest.approx(-1.0, abs=0.01)
    assert found["n"] == [[4, 4], [4, 4]]
    assert found["reasons"][0][1] == "4 of 30 hourly returns of both"


def test_without_records(roster: Roster) -> None:
    nothing = {"returns": "hourly", "accounts": [], "matrix": [], "n": [], "reasons": []}
    check("arena", views_of(Board(roster), minutes=0).arena, [
        ("state", "empty", None, None),
        ("models", 0, None, None),
        ("season_day", None, None, "the season's start is unknown"),
        ("long_usd", 0.0, 0, None),
        ("leverage", None, 0, "no positions"),
        ("win_rate_pct", None, 0, "no trades"),
        ("correlations", nothing, None, None),
    ])  # fmt: skip


def test_the_status_of_a_store() -> None:
    agrees = Reconciliation(key(), "agrees", at(1))
    differs = Reconciliation(key("grok-4"), "drift", at(1), "equity differs", -5.0, -0.1, at(0))
    drift = SchemaDrift("trades", "leverage", "missing", at(0), "7")
    arena = ArenaView(
        now=at(2),
        source="nof1",
        health=Health().with_feed(FeedHealth(Feed.ACCOUNTS, newest_at=at(1), last_ok_at=at(1), skew_s=30.0)),
        collector=CollectorView("collector", "7@host", at(0)),
        store=StoreView("localhost", "0006", rows={"trades": 3}),
        checks=(agrees, differs),
        drift=(drift,),
    )
    checked = {
        "trader": "grok-4", "season": "s1", "competition": None, "verdict": "drift", "checked_at": at(1),
        "reason": "equity differs", "drift_usd": -5.0, "drift_pct": -0.1, "since": at(0),
    }  # fmt: skip
    stored = {
        "server": "localhost",
        "revision": "0006",
        "waiting": 0,
        "rejected": 0,
        "elsewhere": 0,
        "rows": {"trades": 3},
    }
    check("arena", arena, [
        ("state", "live", None, None),
        ("source", "nof1", None, None),
        ("clock_skew_s", 30.0, None, None),
        ("collector", {"role": "collector", "holder": "7@host", "since": at(0)}, None, None),
        ("store", stored, None, None),
        ("correlations", None, None, "curves not read"),
    ])  # fmt: skip
    assert default_catalogue().get("arena", "chain").value(arena)[1] == checked
    schema, chain = default_catalogue().get("arena", "drift").value(arena)
    assert schema == {
        "kind": "schema", "endpoint": "trades", "field": "leverage", "change": "missing", "sample": "7",
        "seen_at": at(0),
    }  # fmt: skip
    assert chain == {"kind": "chain"} | checked


STORE_KEYS = ["server", "revision", "waiting", "rejected", "elsewhere", "rows"]


@pytest.mark.parametrize(
    ("store", "state", "keys"),
    [
        (StoreView(failure="no store"), "empty", [*STORE_KEYS, "failure"]),
        (StoreView(rows={"account_snapshots": 5}), "stale", STORE_KEYS),
    ],
)
def test_a_store_that_was_never_polled(store: StoreView, state: str, keys: Any) -> None:
    arena = ArenaView(now=at(DAY), store=store)
    check("arena", arena, [("state", state, None, None)])
    assert list(default_catalogue().get("arena", "store").value(arena)) == keys
