"""Names that people have in files: former names with a notice, short names without one."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.figure import SubjectKind

WITHOUT_COIN = ("account", "coin", "feed", "position")
WITH_COIN = ("position", "coin", "account")
RENAMED = [
    ("liquidation_distance_pct", WITHOUT_COIN, "account.nearest_liquidation_pct"),
    ("stop_distance_pct", WITHOUT_COIN, "account.nearest_stop_pct"),
    ("crowd_net", WITHOUT_COIN, "coin.exposure_net"),
    ("crowd_gross", WITH_COIN, "coin.exposure_gross"),
    ("feed_age_s", ("feed",), "feed.age_s"),
    ("feed_failing_s", ("feed",), "feed.failing_s"),
    ("leverage_highest", WITHOUT_COIN, "account.leverage"),
    ("now", WITHOUT_COIN, "account.drawdown_pct"),
]


def found(name: str, subjects: Any) -> tuple[str, str | None]:
    result = catalogues.default_catalogue().find(name, subjects)
    return f"{result.figure.subject}.{result.figure.key}", result.notice


@pytest.mark.parametrize(("old", "subjects", "new"), RENAMED)
def test_a_former_name_works_with_a_notice(old: str, subjects: Any, new: str) -> None:
    assert found(old, subjects) == (new, f"{old} is now {new}; the old name keeps working")


@pytest.mark.parametrize(
    "name",
    [
        *("equity_usd", "return_pct", "change_24h_pct", "drawdown_pct", "max_drawdown_pct"),
        *("unrealized_usd", "realized_usd", "exposure_gross", "exposure_net", "leverage"),
        *("margin_share_pct", "positions", "rank", "rank_change", "sharpe", "trades"),
        *("win_rate_pct", "fees_usd", "net_usd"),
    ],
)
def test_alert_metrics_of_accounts_keep_their_names(name: str) -> None:
    assert found(name, WITHOUT_COIN) == (f"account.{name}", None)


@pytest.mark.parametrize(
    "name",
    [
        *("notional_usd", "quantity", "unrealized_usd", "on_margin_pct", "leverage"),
        *("liquidation_distance_pct", "stop_distance_pct", "target_distance_pct", "r_multiple"),
    ],
)
def test_alert_metrics_of_positions_keep_their_names(name: str) -> None:
    assert found(name, WITH_COIN) == (f"position.{name}", None)


def test_the_price_of_a_coin_keeps_its_name() -> None:
    assert found("price", WITHOUT_COIN) == found("price", WITH_COIN) == ("coin.price", None)


@pytest.mark.parametrize(
    ("subject", "short", "key"),
    [
        ("account", "equity", "equity_usd"),
        ("account", "return", "return_pct"),
        ("account", "day", "change_24h_pct"),
        ("account", "expo", "exposure_gross"),
        ("account", "dd", "drawdown_pct"),
        ("account", "maxdd", "max_drawdown_pct"),
        ("account", "win", "win_rate_pct"),
        ("account", "fees", "fees_usd"),
        ("account", "fee_share", "fee_share_pct"),
        ("account", "pos", "positions"),
        ("account", "net", "net_usd"),
        ("coin", "net", "exposure_net"),
        ("trade", "net", "net_usd"),
        ("event", "net", "net_usd"),
        ("position", "lev", "leverage"),
        ("position", "liq", "liquidation_price"),
        ("position", "liq_away", "liquidation_distance_pct"),
        ("position", "stop", "stop_loss"),
        ("position", "target", "profit_target"),
        ("position", "r", "r_multiple"),
        ("position", "conf", "confidence"),
        ("position", "held", "held_s"),
        ("position", "qty", "quantity"),
        ("trade", "closed", "exit_at"),
        ("trade", "held", "held_s"),
        ("feed", "unchanged", "unchanged_pct"),
        *((subject, "model", "name") for subject in ("account", "position", "trade", "decision", "event")),
    ],
)
def test_short_names_work_without_a_notice(subject: SubjectKind, short: str, key: str) -> None:
    assert found(short, [subject]) == (f"{subject}.{key}", None)
    assert found(f"{subject}.{short}", get_args(SubjectKind)) == (f"{subject}.{key}", None)
