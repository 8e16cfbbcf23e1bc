"""Rows to cells, without a screen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster, TraderInfo
from nof1tui.tui.chart.series import CHART_RANGES, Sparklines, gap_s, time_window
from nof1tui.tui.columns.arena import ArenaRow, arena_columns, cell_text, tab_separated_row
from nof1tui.tui.columns.trader import (
    POSITION_COLUMNS,
    TRADE_COLUMNS,
    PositionRow,
    liquidation_text,
    plan_text,
)
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.identities import TraderIdentities, short_name
from nof1tui.tui.table.filtering import matcher
from tests.support.scenes import ROSTER, account, board, position, row, trade


def cells(columns, item) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {column.key: cell_text(column.render(item)).strip() for column in columns}


def arena_row(trader: str) -> ArenaRow:
    standing = board().leaderboard_row(account(trader))
    assert standing is not None
    identity = TraderIdentities(ROSTER).identity_of(standing.account)
    return ArenaRow(standing, identity.name, identity.color, lambda width: "▁▂▃")


def test_a_row_of_the_arena_in_cells() -> None:
    assert cells(arena_columns("72 h"), arena_row("qwen3-max")) == {
        "rank": "2",
        "delta": "",
        "model": "▌Qwen3 Max",
        "equity": "$16,850.58",
        "return": "+68.5%",
        "day": "+2.25%",
        "unrealized": "-$306",
        "positions": "1",
        "leverage": "20x",
        "exposure": "1.2x",
        "drawdown": "-18.4%",
        "sharpe": "7.52",
        "win": "71%",
        "trades": "7",
        "fees": "$43.40",
        "spark": "▁▂▃",
    }


def test_a_benchmark_is_dim_and_has_no_place() -> None:
    item = arena_row("buynhold_btc")
    assert cells(arena_columns("72 h"), item)["rank"] == ""
    texts = [column.render(item) for column in arena_columns("72 h") if column.key != "model"]
    assert {cell.style for cell in texts if isinstance(cell, Cell) and cell.text} == {"muted"}


def test_columns_leave_in_the_order_of_the_design() -> None:
    leaving = sorted(
        (column for column in arena_columns("72 h") if column.drop_order), key=lambda c: c.drop_order
    )
    assert [column.title for column in leaving] == [
        "Fees", "Sharpe", "Win", "Expo", "Lev", "Δ", "Trades", "MaxDD", "Pos", "Unreal.", "72 h", "24h",
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [arena_columns("72 h"), POSITION_COLUMNS, TRADE_COLUMNS])
def test_every_column_has_its_own_key_and_can_be_sorted(columns) -> None:  # type: ignore[no-untyped-def]
    assert len({column.key for column in columns}) == len(columns)
    assert all(column.sort_key for column in columns if column.key != "spark")


def test_a_position_in_cells() -> None:
    held = PositionRow(row("deepseek-chat-v3.1"), position("ETH", 4.87, 3_844.1))
    texts = cells(POSITION_COLUMNS, held)
    assert texts["side"] == "LONG"
    assert texts["risk"] == "+1.8R"
    assert texts["held"] == "19h 1m"
    assert texts["plan"].startswith("3,709.56 ")


def test_a_position_of_which_little_is_known_still_makes_a_row() -> None:
    bare = replace(
        position("ETH", -1.0, 3_844.1),
        entry_price=None, mark_price=None, unrealized_usd=None, leverage=None, liquidation_price=None,
        entry_at=None, exit_plan=None, risk_usd=None, confidence=None,
    )  # fmt: skip
    texts = cells(POSITION_COLUMNS, PositionRow(row("gpt-5"), bare))
    assert texts["entry"] == texts["mark"] == texts["held"] == texts["risk"] == "–"
    assert texts["plan"] == "no plan"


@pytest.mark.parametrize(
    ("liquidation", "text"),
    [(3_000.0, "3,000.00"), (3_950.0, "⚠ 4.1%"), (4_200.0, "⚠ 0.0%"), (None, "–")],
)
def test_a_near_liquidation_is_flagged(liquidation: float | None, text: str) -> None:
    assert liquidation_text(position("ETH", 1.0, 3_844.1, liquidation_price=liquidation)) == text


def test_a_plan_without_a_stop_shows_what_there_is() -> None:
    held = position("ETH", 1.0, 3_844.1)
    assert held.exit_plan is not None
    half = replace(held, exit_plan=replace(held.exit_plan, stop_loss=None))
    assert plan_text(half).split() == ["–", "…", "4,228.51"]


def test_a_trade_in_cells_and_on_the_clipboard() -> None:
    closed = trade("gpt-5", 0, "ETH", -61.7)
    assert cells(TRADE_COLUMNS, closed)["net"] == "-$61.70"
    assert tab_separated_row(TRADE_COLUMNS, closed).split("\t")[1:3] == ["ETH", "SHORT"]


def test_a_window_looks_back_from_the_newest_record() -> None:
    shown = time_window(board(), CHART_RANGES[0])
    assert shown is not None
    assert shown.end - shown.start == 86_400


def test_sparklines_are_drawn_anew_only_when_their_curve_changed() -> None:
    made, sparklines = board(), Sparklines()
    shown = time_window(made, CHART_RANGES[1])
    key, curve = next(iter(made.curves.items()))
    first = sparklines.renderer_for(key, curve, shown)(14)
    assert sparklines.renderer_for(key, curve, shown)(14) is first
    assert len(first) == 14
    assert len(sparklines.renderer_for(key, curve, shown)(40)) == 40
    assert sparklines.renderer_for(key, None, shown)(14) == ""
    assert sparklines.renderer_for(key, curve, None)(14) == ""


def test_coarse_data_is_not_torn_into_gaps() -> None:
    made = board()
    shown = time_window(made, CHART_RANGES[0])
    assert shown is not None
    assert gap_s(tuple(made.curves.values()), shown) >= 1_800


def test_ranks_of_hundreds_have_room() -> None:
    assert [arena_columns("72 h", places)[0].width for places in (6, 99, 100, 1_000)] == [2, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("DeepSeek V3.1", "DeepSeek"),
        ("GPT 5", "GPT 5"),
        ("Grok 4", "Grok 4"),
        ("Qwen3 Max", "Qwen3"),
        ("X", "X"),
    ],
)
def test_short_names_keep_what_tells_traders_apart(name: str, short: str) -> None:
    assert short_name(name) == short


def test_traders_of_one_maker_get_a_word_more() -> None:
    roster = Roster(
        traders=(
            TraderInfo("a", "Gemini 2.5 Pro"),
            TraderInfo("b", "Gemini 3 Pro"),
            TraderInfo("c", "Nova Pro One"),
            TraderInfo("d", "Nova Pro Two"),
            TraderInfo("e", "BTC Buy & Hold", kind="benchmark"),
        )
    )
    lineup = TraderIdentities(roster)
    shorts = [lineup.identity_of(AccountKey("s1", trader)).short_name for trader in "abcde"]
    assert shorts == ["Gemini 2.5", "Gemini 3", "Nova Pro One", "Nova Pro Two", "BTC hold"]


@pytest.mark.parametrize(
    ("pattern", "passing"),
    [
        ("eth", ["ETH long"]),
        ("!eth", ["BTC short"]),
        ("^B", ["BTC short"]),
        ("(", []),
        (" ", ["ETH long", "BTC short"]),
    ],
)
def test_filters_are_text_regex_or_inverse(pattern: str, passing: list[str]) -> None:
    assert [text for text in ("ETH long", "BTC short") if matcher(pattern)(text)] == passing
