"""Cells of rows, without a screen."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from rich.style import Style

from nof1tui.domain.figures.views import Observation, PositionView, TradeView
from nof1tui.domain.records import AccountKey, Position
from nof1tui.domain.roster import Roster, TraderInfo
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.chart.series import CHART_RANGES, Sparklines, gap_s, time_window
from nof1tui.tui.columns.arena import ArenaRow, arena_columns
from nof1tui.tui.columns.looks import tab_separated_row
from nof1tui.tui.columns.stats import account_view
from nof1tui.tui.columns.trader import plan_text, position_columns, trade_columns
from nof1tui.tui.style.cells import Palette, cell_text
from nof1tui.tui.style.identities import TraderIdentities, short_name
from nof1tui.tui.table.filtering import matcher
from nof1tui.tui.table.layout import fit_columns
from nof1tui.tui.table.line_cache import TableLineCache, TableStyles
from tests.support.scenes import NOW, ROSTER, account, board, position, row, trade

POSITIONS, TRADES = position_columns(ascii=False), trade_columns()


def cells(columns, item) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {column.key: cell_text(column.render(item)).strip() for column in columns}


def arena_row(trader: str) -> ArenaRow:
    view = account_view(board(), account(trader), StatsCache(), NOW)
    assert view is not None
    identity = TraderIdentities(ROSTER).identity_of(view.account)
    return ArenaRow(view, identity.name, identity.color, lambda width: "▁▂▃")


def test_cells_of_an_account_row() -> None:
    assert cells(arena_columns("72 h"), arena_row("qwen3-max")) == {
        "rank": "2",
        "rank_change": "",
        "name": "▌Qwen3 Max",
        "equity_usd": "$16,850.58",
        "return_pct": "+68.5%",
        "change_24h_pct": "+2.25%",
        "unrealized_usd": "-$306",
        "positions": "1",
        "leverage": "20x",
        "exposure_gross": "1.2x",
        "max_drawdown_pct": "-18.4%",
        "sharpe": "7.52",
        "win_rate_pct": "71%",
        "trades": "7",
        "fees_usd": "$43.40",
        "spark": "▁▂▃",
    }


def test_a_benchmark_is_dim_and_has_no_rank() -> None:
    item, columns = arena_row("buynhold_btc"), arena_columns("72 h")
    assert cells(columns, item)["rank"] == ""
    strips = TableLineCache[ArenaRow](lambda row: row.slug, lambda row: row.is_benchmark)
    plain, grey = Style(), Palette({"muted": "#777777"}).style("muted")
    styles = TableStyles(Palette({"muted": "#777777", "gain": "#00ff00"}), plain, plain, plain)
    strip = strips.row(item, fit_columns(columns, 160), styles, highlighted=False)
    assert {segment.style for segment in strip if segment.text.strip(" ▌")} == {grey}


def test_columns_are_dropped_in_the_order_of_the_design() -> None:
    leaving = sorted(
        (column for column in arena_columns("72 h") if column.drop_order), key=lambda c: c.drop_order
    )
    assert [column.title for column in leaving] == [
        "Fees", "Sharpe", "Win", "Expo", "Lev", "Δ", "Trades", "MaxDD", "Pos", "Unreal.", "72 h", "24h",
    ]  # fmt: skip


@pytest.mark.parametrize("columns", [arena_columns("72 h"), POSITIONS, TRADES])
def test_every_column_has_its_own_key_and_can_be_sorted(columns) -> None:  # type: ignore[no-untyped-def]
    assert len({column.key for column in columns}) == len(columns)
    assert all(column.sort_key for column in columns if column.key != "spark")


def position_view(its: Position, trader: str = "deepseek-chat-v3.1") -> PositionView:
    return PositionView(Observation(row(trader), ROSTER.trader(trader)), its)


def test_cells_of_a_position() -> None:
    texts = cells(POSITIONS, position_view(position("ETH", 4.87, 3_844.1)))
    assert texts["side"] == "LONG"
    assert texts["r_multiple"] == "+1.8R"
    assert texts["held_s"] == "19h 1m"
    assert texts["plan_progress"].startswith("3,709.56 ")


def test_a_position_with_missing_fields_has_a_row() -> None:
    bare = replace(
        position("ETH", -1.0, 3_844.1),
        entry_price=None, mark_price=None, unrealized_usd=None, leverage=None, liquidation_price=None,
        entry_at=None, exit_plan=None, risk_usd=None, confidence=None,
    )  # fmt: skip
    texts = cells(POSITIONS, position_view(bare))
    assert texts["entry_price"] == texts["mark_price"] == texts["unrealized_usd"] == "–"
    assert texts["held_s"] == texts["r_multiple"] == "n/a"
    assert texts["plan_progress"] == "no plan"


@pytest.mark.parametrize(
    ("liquidation", "text"),
    [(3_000.0, "3,000.00"), (3_950.0, "⚠ 4.1%"), (4_200.0, "⚠ 0.0%"), (None, "–")],
)
def test_a_near_liquidation_is_flagged(liquidation: float | None, text: str) -> None:
    view = position_view(position("ETH", 1.0, 3_844.1, liquidation_price=liquidation))
    assert cells(POSITIONS, view)["liquidation_price"] == text


def test_a_plan_without_a_stop_shows_its_target() -> None:
    open_position = position("ETH", 1.0, 3_844.1)
    assert open_position.exit_plan is not None
    half = replace(open_position, exit_plan=replace(open_position.exit_plan, stop_loss=None))
    assert plan_text(position_view(half)).split() == ["–", "…", "4,228.51"]


def test_cells_and_copied_text_of_a_trade() -> None:
    closed = TradeView(trade("gpt-5", 0, "ETH", -61.7), ROSTER.trader("gpt-5"))
    assert cells(TRADES, closed)["net_usd"] == "-$61.70"
    assert tab_separated_row(TRADES, closed).split("\t")[1:3] == ["ETH", "SHORT"]


def test_a_range_ends_at_the_newest_record() -> None:
    shown = time_window(board(), CHART_RANGES[0])
    assert shown is not None
    assert shown.end - shown.start == 86_400


def test_sparklines_are_redrawn_only_when_their_curve_changes() -> None:
    made, sparklines = board(), Sparklines()
    shown = time_window(made, CHART_RANGES[1])
    key, curve = next(iter(made.curves.items()))
    first = sparklines.renderer_for(key, curve, shown)(14)
    assert sparklines.renderer_for(key, curve, shown)(14) is first
    assert len(first) == 14
    assert len(sparklines.renderer_for(key, curve, shown)(40)) == 40
    assert sparklines.renderer_for(key, None, shown)(14) == ""
    assert sparklines.renderer_for(key, curve, None)(14) == ""


def test_coarse_data_has_no_gaps() -> None:
    made = board()
    shown = time_window(made, CHART_RANGES[0])
    assert shown is not None
    assert gap_s(tuple(made.curves.values()), shown) >= 1_800


def test_three_digit_ranks_fit() -> None:
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
def test_short_names_are_distinct(name: str, short: str) -> None:
    assert short_name(name) == short


def test_traders_of_one_maker_get_one_more_word() -> None:
    roster = Roster(
        traders=(
            TraderInfo("a", "Gemini 2.5 Pro"),
            TraderInfo("b", "Gemini 3 Pro"),
            TraderInfo("c", "Nova Pro One"),
            TraderInfo("d", "Nova Pro Two"),
            TraderInfo("e", "BTC Buy & Hold", kind="benchmark"),
        )
    )
    identities = TraderIdentities(roster)
    shorts = [identities.identity_of(AccountKey("s1", trader)).short_name for trader in "abcde"]
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
