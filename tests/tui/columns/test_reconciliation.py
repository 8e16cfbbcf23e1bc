"""Reconciliation against the chain: prominent where accounts differ, muted where they match."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_reconciliations
from nof1tui.domain.records import AccountKey, Reconciliation
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.tui.columns.reconciliation import chain_status, chain_status_lines, drift_status, drift_text
from nof1tui.tui.columns.stats import account_view
from nof1tui.tui.panes.trader_header import header_content
from nof1tui.tui.style.identities import DisplayIdentity
from tests.support.scenes import NOW, ScriptedEngine, account, board, corner, make_app, screen_text, until

GPT, GROK = account("gpt-5"), account("grok-4")


def drift(key: AccountKey = GPT, usd: float = 520.1, pct: float = 5.0) -> Reconciliation:
    return Reconciliation(key, "drift", NOW, "unreported BTC long 0.5", usd, pct, NOW - timedelta(minutes=5))


def agrees(key: AccountKey = GROK) -> Reconciliation:
    return Reconciliation(key, "agrees", NOW - timedelta(minutes=2))


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (drift(), "DRIFT $520.10 (5.0%)"),
        (drift(usd=-3_200.0, pct=-32.0), "DRIFT $3,200.00 (32.0%)"),
        (drift(usd=7.0, pct=0.0), "DRIFT $7.00"),
    ],
)
def test_a_drift_is_shown_in_usd_and_percent(check: Reconciliation, expected: str) -> None:
    assert drift_text(check) == expected


def test_the_corner_shows_the_largest_drift_and_the_number_of_others() -> None:
    checks = {check.account: check for check in (drift(), drift(GROK, -900.0, -9.0))}
    assert drift_status(checks, 40) == (" DRIFT $900.00 (9.0%) +1", "$loss bold")
    assert drift_status(checks, 12) == (" DRIFT", "$loss bold")
    assert drift_status({GROK: agrees()}, 40) is None


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (agrees(GPT), "   on-chain: match · 2m"),
        (Reconciliation(GPT, "checking", NOW, "equity"), "   on-chain: mismatch, rechecking · 0s"),
        (Reconciliation(GPT, "unchecked", NOW, "429\x1b[2J"), "   on-chain: not checked: 429"),
        (drift(), "   DRIFT $520.10 (5.0%)"),
    ],
)
def test_the_trader_screen_shows_the_result_of_the_check(check: Reconciliation, expected: str) -> None:
    text = chain_status(check, NOW)
    assert text is not None
    assert text[0] == expected


def test_a_drift_stays_in_the_corner_while_the_chain_is_away() -> None:
    away = Reconciliation(GPT, "unchecked", NOW, "no answer", 520.1, 5.0, NOW - timedelta(minutes=5))
    assert drift_status({GPT: away}, 40) == (" DRIFT $520.10 (5.0%)", "$loss bold")


def test_the_system_screen_shows_drifts_first_and_each_reason_once() -> None:
    away = [
        Reconciliation(account(trader), "unchecked", NOW, "no answer") for trader in ("qwen3-max", "deepseek")
    ]
    checks = {check.account: check for check in (agrees(), drift(), *away)}
    assert chain_status_lines(checks, {GPT: "GPT 5"}, NOW) == [
        "GPT 5: DRIFT $520.10 (5.0%) unreported BTC long 0.5",
        "not checked: qwen3-max, deepseek: no answer",
        "1 match · checked 2m ago",
    ]


def drifting_board() -> Board:
    return apply_reconciliations(board(), [drift(), agrees()])


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_drift_is_on_every_screen_at_every_size_until_it_ends(
    size: tuple[int, int],
) -> None:
    shown = drifting_board()
    engine = ScriptedEngine(shown)
    app = make_app(engine)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "DRIFT" in corner(app))
        assert "! GPT 5" in screen_text(app)
        assert "! Grok" not in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.trader.account is not None)
        for account, expected in (
            (GPT, "DRIFT $520.10 (5.0%) unreported BTC long 0.5"),
            (GROK, "on-chain: match · 2m"),
        ):
            for _ in shown.leaderboard:
                if app.trader.account != account:
                    await pilot.press("n")
            await until(pilot, lambda: expected in screen_text(app))  # noqa: B023
        await pilot.press("8")
        await until(pilot, lambda: "DRIFT $520.10 (5.0%) unreported BTC long 0.5" in screen_text(app))
        assert "1 match · checked 2m ago" in screen_text(app)
        await pilot.press("7")
        await until(pilot, lambda: "chain mismatch" in screen_text(app))
        await pilot.press("1")
        engine.publish(apply_reconciliations(drifting_board(), [agrees(GPT)]))
        await until(pilot, lambda: "DRIFT" not in corner(app))
        assert "! GPT 5" not in screen_text(app)


@pytest.mark.parametrize(
    ("width", "expected"),
    [(80, "DRIFT $520.10 (5.0%)"), (200, "DRIFT $520.10 (5.0%) unreported BTC long 0.5")],
)
def test_the_trader_screen_shows_a_drift_before_optional_parts(width: int, expected: str) -> None:
    shown = drifting_board()
    view = account_view(shown, GPT, StatsCache(), NOW)
    assert view is not None
    text = header_content(
        shown, view, DisplayIdentity("GPT 5", "GPT 5", "#10a37f", is_benchmark=False), width, NOW
    ).plain
    assert expected in text
    assert len(text) <= width - 20
