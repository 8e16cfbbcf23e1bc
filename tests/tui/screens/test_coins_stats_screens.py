"""Coins and Stats: the position matrix, contrarians, every figure with its sample."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from msgspec.structs import replace

from nof1tui.domain.board import Board
from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.figure import declare
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.records import Position
from nof1tui.domain.series.curve import TimeSeries
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.tui.columns.stats import stats_columns
from tests.support.scenes import ScriptedEngine, Texts, board, make_app, row, screen_text, until, with_rows

SIZE = (140, 40)


async def shown(key: str, made: Board, *then: str, size: tuple[int, int] = SIZE) -> str:
    app = make_app(ScriptedEngine(made))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press(key, *then)
        await pilot.pause()
        await pilot.pause()
        return screen_text(app)


def line(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(word))


async def test_a_coin_shows_the_crowd_and_the_contrarian() -> None:
    text = await shown("5", board())
    bitcoin = line(text, "BTC ")
    assert "2/1" in bitcoin
    assert "▼ Qwen3" in bitcoin
    assert all(share in bitcoin for share in ("+64%", "-122%", "+50%"))
    assert "▼" not in line(text, "XRP")


async def test_a_coin_without_positions_is_removed() -> None:
    held = tuple(p for p in row("deepseek-chat-v3.1").positions if p.coin != "BNB")
    text = await shown("5", with_rows(board(), replace(row("deepseek-chat-v3.1"), positions=held)))
    assert not any(words.strip().startswith("BNB ") for words in text.splitlines()[2:])


async def test_the_highlighted_coin_has_a_price_chart_and_every_coin_a_sparkline() -> None:
    text = await shown("5", board(), "t", "t", "t", "t")
    assert "BTC price" in text
    assert all(any(sign in line(text, coin) for sign in "▁▂▃▄▅▆▇█") for coin in ("BTC ", "ETH ", "SOL "))
    assert "72 h" in await shown("5", board(), "t", "t")
    assert "ETH price" in await shown("5", board(), "j")


def has_correlations(text: str) -> bool:
    """Whether the header of the correlation table is on the screen."""
    return any(line.strip().startswith("Correlation") for line in text.splitlines())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_enter_maximises_the_price_chart_and_escape_restores_it(size: tuple[int, int]) -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("5", "enter")
        await pilot.pause()
        assert "price" in screen_text(app)
        assert not has_correlations(screen_text(app))
        await pilot.press("escape")
        await pilot.pause()
        assert has_correlations(screen_text(app))
        assert app.visible_screen is app.numbered["coins"]


async def test_unreadable_prices_are_reported_and_the_figures_remain() -> None:
    class Away(Texts):
        async def price_series(
            self, since: datetime, until: datetime, coins: Sequence[str] | None = None
        ) -> dict[str, TimeSeries]:
            raise StoreUnavailable("connection refused")

    class Engine(ScriptedEngine):
        @property
        def history(self) -> Away:
            return Away()

    app = make_app(Engine(board()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("5")
        await until(pilot, lambda: "could not load prices: connection refused" in screen_text(app))
        assert "BTC" in screen_text(app)


async def test_correlations_are_below_and_are_dropped_on_low_screens() -> None:
    assert has_correlations(await shown("5", board()))
    assert not has_correlations(await shown("5", board(), size=(100, 14)))


async def test_without_positions_coins_show_a_message() -> None:
    made = board()
    empty = [replace(account, positions=()) for account in made.accounts.values()]
    assert "No open positions." in await shown("5", with_rows(made, *empty))


async def test_a_hostile_coin_is_plain_on_the_screen() -> None:
    hostile = Position("EV\x1b[2JIL\u202e", 1.0, entry_price=1.0, mark_price=1.0)
    text = await shown("5", with_rows(board(), replace(row("grok-4"), positions=(hostile,))))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "EV" in text


async def test_stats_have_each_trader_with_its_number_of_observations() -> None:
    text = await shown("6", board())
    assert "Days" in text
    leader = next(line for line in text.splitlines() if "DeepSeek V3.1" in line)
    assert all(figure in leader for figure in ("+116.1%", "13.57", "-13.4%", "n/a"))


async def test_enter_shows_the_sample_of_each_figure_and_the_reason_of_a_missing_one() -> None:
    text = await shown("6", board(), "enter", size=(140, 60))
    assert "needs 90 daily returns, has 12" in text
    assert "no losing trade" in text
    assert "12 of 30 daily returns" in text


async def test_stats_sort_by_any_figure() -> None:
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("6", "s", "s", "s", "s")
        await pilot.pause()
        key, _ = app.numbered["stats"].table.sorted_by
        assert key in {column.key for column in stats_columns()}


@pytest.mark.parametrize("key", ["5", "6"])
@pytest.mark.parametrize("size", [(20, 6), (40, 12), (80, 24), (250, 70)])
async def test_coins_and_stats_work_at_every_size(key: str, size: tuple[int, int]) -> None:
    text = await shown(key, board(), size=size)
    assert all(len(line) <= size[0] for line in text.splitlines())


def test_every_figure_has_a_distinct_name() -> None:
    columns = stats_columns()
    for field in ("key", "title", "tooltip"):
        assert len({getattr(column, field) for column in columns}) == len(columns)


async def test_t_shows_the_figures_of_a_range() -> None:
    season, day = await shown("6", board()), await shown("6", board(), "t")
    assert "last 24 hours" in day
    assert "The last" not in season
    assert line(season, "1 ") != line(day, "1 ")
    assert await shown("6", board(), "t", "t", "t", "t") == season


async def test_figures_of_positions_are_among_the_figures_of_a_trader() -> None:
    text = await shown("6", board(), "enter", "G")
    assert "Gross exposure" in text
    assert "Net P&L, " in text


async def test_enter_on_a_chosen_cell_explains_its_figure() -> None:
    text = await shown("6", board(), "l", "l", "l", "l", "l", "l", "enter", size=(140, 60))
    assert "Sharpe (sharpe)" in text
    assert "mean(r) / std(r, ddof 1) · √365" in text
    assert "13.57" in text
    assert "12 of 30 daily returns" in text
    assert "2 daily returns, weak below 30" in text
    assert "computed from stored records" in text
    assert "volatility_pct" in text


async def test_a_figure_declared_anywhere_is_at_the_end_of_the_sheet_and_of_its_export(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @declare(AccountView, "account", "ratio", "Luck")
    def luck(account: AccountView) -> float:
        """Luck of the account."""
        return account.row.equity_usd / 1_000.0

    declared = catalogue.default_catalogue().with_figure(luck)
    monkeypatch.setattr(catalogue, "default_catalogue", lambda: declared)
    app = make_app(ScriptedEngine(board()))
    async with app.run_test(size=(600, 40)) as pilot:
        await until(pilot, lambda: app.board is not None)
        await pilot.press("6")
        await until(pilot, lambda: "21.61" in screen_text(app))
        titles = screen_text(app).splitlines()[1].split()
        assert titles[-1] == "Luck"
        rows = app.numbered["stats"].build_export().rows
        assert rows[0]["luck"] == pytest.approx(21.61074)
