"""`status --metrics`: text accepted by a strict parser, with the figures of `status --json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from nof1tui.cli.output.openmetrics import metric_name
from nof1tui.domain.export.documents import FEEDS, LEADERBOARD
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Feed
from tests.support.builders import account_row, batch
from tests.support.cli_types import Command
from tests.support.paths import SCHEMAS

SCHEMA = SCHEMAS / "status.json"


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Values by name and label values."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def validated(text: str) -> dict[str, Any]:
    document = json.loads(text)
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    return document  # type: ignore[no-any-return]


@pytest.mark.parametrize(("failure", "state", "code"), [(None, "live", 0), ('answered "no"\n\\', "down", 1)])
def test_metrics_have_the_values_of_the_document(
    on_store: Command, keep: Callable[..., None], failure: str | None, state: str, code: int
) -> None:
    now = datetime.now(UTC)
    accounts = FeedHealth(
        Feed.ACCOUNTS,
        newest_at=now - timedelta(seconds=5),
        last_ok_at=now,
        failure=failure,
        requests=7,
        errors=2,
        quarantined=3,
    )
    keep(batch(Feed.ACCOUNTS, accounts=(account_row(),)), accounts, FeedHealth(Feed.PRICES))
    document = validated(on_store("status", "--json").out)
    result = on_store("status", "--metrics")
    assert (result.code, result.err) == (code, "")
    metrics = samples(result.out)
    assert metrics["nof1_feed_requests_total", ("accounts",)] == 7
    assert metrics["nof1_feed_errors_total", ("accounts",)] == 2
    assert metrics["nof1_feed_quarantined_total", ("accounts",)] == 3
    assert metrics["nof1_feed_failing", ("accounts",)] == (failure is not None)
    assert metrics["nof1_feed_age_seconds", ("accounts",)] == pytest.approx(5, abs=20)
    assert metrics["nof1_feed_answered_timestamp_seconds", ("accounts",)] == pytest.approx(now.timestamp())
    assert ("nof1_feed_age_seconds", ("prices",)) not in metrics
    assert {name: metrics["nof1_state", (name,)] for name in ("live", "down")} == {
        "live": state == "live",
        "down": state == "down",
    }
    assert metrics["nof1_store_up", ()] == 1
    assert metrics["nof1_collector_up", ()] == 0
    for table, count in document["store"]["rows"].items():
        assert metrics["nof1_store_rows", (table,)] == count


def test_without_a_store_the_metrics_show_it_and_the_exit_code_is_2(command: Command) -> None:
    nowhere = ("--database-url", "postgresql://me:hunter2@127.0.0.1:1/x")
    result = command("status", "--metrics", *nowhere)
    assert result.code == 2
    assert samples(result.out)["nof1_store_up", ()] == 0
    assert "hunter2" not in result.out + result.err
    document = validated(command("status", "--json", *nowhere).out)
    assert document["store"]["server"] is None


def test_metrics_of_traders_are_the_figures_of_the_leaderboard(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keep(
        batch(
            Feed.ACCOUNTS,
            accounts=(account_row("gpt-5", equity=9_500.0), account_row("qwen3-max", equity=12_000.0)),
        )
    )
    metrics = samples(on_store("status", "--metrics-traders").out)
    gpt = ("gpt-5", "s1", "")
    assert metrics["nof1_equity_usd", gpt] == 9_500.0
    assert metrics["nof1_return_pct", gpt] == pytest.approx(-5.0)
    assert metrics["nof1_rank", gpt] == 2
    assert metrics["nof1_daily_returns", gpt] == 1
    assert ("nof1_sharpe", gpt) not in metrics
    assert ("nof1_equity_usd", gpt) not in samples(on_store("status", "--metrics").out)


def test_a_family_is_named_after_the_unit_of_its_figure() -> None:
    names = {figure.key: metric_name(figure) for figure in (*FEEDS.figures(), *LEADERBOARD.figures())}
    assert names["age_s"] == "nof1_feed_age_seconds"
    assert names["last_ok_at"] == "nof1_feed_answered_timestamp_seconds"
    assert names["newest_at"] == "nof1_feed_newest_timestamp_seconds"
    assert names["body_bytes"] == "nof1_feed_body_bytes"
    assert names["max_drawdown_pct"] == "nof1_max_drawdown_pct"
    assert names["n"] == "nof1_daily_returns"
