"""`status --metrics`: text that a strict parser takes, with the figures of `status --json`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import Feed
from tests.support.builders import account_row, batch
from tests.support.cli_types import Command
from tests.support.paths import SCHEMAS

SCHEMA = SCHEMAS / "status.json"


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """By name and label values."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def validated(text: str) -> dict[str, Any]:
    document = json.loads(text)
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    return document  # type: ignore[no-any-return]


@pytest.mark.parametrize(("failure", "state", "code"), [(None, "live", 0), ('said "no"\n\\', "down", 1)])
def test_metrics_say_what_the_document_says(
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
    said = on_store("status", "--metrics")
    assert (said.code, said.err) == (code, "")
    told = samples(said.out)
    assert told["nof1_feed_requests_total", ("accounts",)] == 7
    assert told["nof1_feed_errors_total", ("accounts",)] == 2
    assert told["nof1_feed_quarantined_total", ("accounts",)] == 3
    assert told["nof1_feed_failing", ("accounts",)] == (failure is not None)
    assert told["nof1_feed_age_seconds", ("accounts",)] == pytest.approx(5, abs=20)
    assert told["nof1_feed_answered_timestamp_seconds", ("accounts",)] == pytest.approx(now.timestamp())
    assert ("nof1_feed_age_seconds", ("prices",)) not in told
    assert {name: told["nof1_state", (name,)] for name in ("live", "down")} == {
        "live": state == "live",
        "down": state == "down",
    }
    assert told["nof1_store_up", ()] == 1
    assert told["nof1_collector_up", ()] == 0
    for table, count in document["store"]["rows"].items():
        assert told["nof1_store_rows", (table,)] == count


def test_without_a_store_the_metrics_say_so_and_the_exit_code_is_2(command: Command) -> None:
    nowhere = ("--database-url", "postgresql://me:hunter2@127.0.0.1:1/x")
    said = command("status", "--metrics", *nowhere)
    assert said.code == 2
    assert samples(said.out)["nof1_store_up", ()] == 0
    assert "hunter2" not in said.out + said.err
    document = validated(command("status", "--json", *nowhere).out)
    assert document["store"]["server"] is None
