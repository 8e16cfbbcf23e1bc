"""`db requarantine`: records that can be decoded are stored once, the rest stays with its reason."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from nof1tui.domain.batch import Reject
from nof1tui.domain.records import AccountKey, AccountRow, Feed
from nof1tui.domain.roster import Roster
from tests.support.arena_server import wire_row, wire_trade
from tests.support.builders import batch
from tests.support.cli_types import Command

NOW = time.time()
INCEPTION = NOW - 7_200


def set_aside(endpoint: str, record: Any) -> Reject:
    """Quarantined records of an older version."""
    return Reject(endpoint, json.dumps(record), "this version could not read it", datetime.now(UTC))


def rows(on_store: Command) -> dict[str, int]:
    held = json.loads(on_store("status", "--json").out)["store"]["rows"]
    assert isinstance(held, dict)
    return held


def test_a_record_that_can_be_decoded_is_stored_once_and_leaves_quarantine(
    on_store: Command, keep: Callable[..., None]
) -> None:
    good = [
        set_aside("account-totals", wire_row("gpt-5", 10_100.0, at=NOW, inception=INCEPTION)),
        set_aside("trades", wire_trade("gpt-5", "ETH", 5.0, exit_at=NOW, number=1)),
        set_aside("crypto-prices", {"symbol": "BTC", "price": "114000.5", "timestamp": NOW}),
        set_aside("trades", {"trades": [wire_trade("gpt-5", "BTC", 7.0, exit_at=NOW, number=2)]}),
    ]
    bad = [set_aside("trades", {"id": "?"}), set_aside("no-such-endpoint", {})]
    keep(batch(Feed.TRADES, rejects=(*good, *bad)))
    result = on_store("db", "requarantine")
    assert (result.code, result.err) == (0, "")
    assert "4 records decoded, 4 of them new; 2 stay in quarantine" in result.out
    assert "does not know" in result.out
    held = rows(on_store)
    assert (held["account_snapshots"], held["trades"], held["prices"], held["quarantine"]) == (1, 2, 1, 2)
    assert "0 records decoded, 0 of them new; 2 stay" in on_store("db", "requarantine").out
    assert rows(on_store) == held


def test_a_record_already_stored_only_leaves_quarantine(on_store: Command, keep: Callable[..., None]) -> None:
    trade = wire_trade("gpt-5", "ETH", 5.0, exit_at=NOW, number=1)
    keep(batch(Feed.TRADES, rejects=(set_aside("trades", trade),)))
    on_store("db", "requarantine")
    keep(batch(Feed.TRADES, rejects=(set_aside("trades", trade),)))
    assert "1 records decoded, 0 of them new; 0 stay" in on_store("db", "requarantine").out


def test_an_implausible_crash_stays_in_quarantine(
    on_store: Command, keep: Callable[..., None], roster: Roster
) -> None:
    account = AccountKey(roster.season_at(datetime.now(UTC)).slug, "gpt-5")
    before = datetime.fromtimestamp(NOW - 60, UTC)
    zero = wire_row("gpt-5", 10_000.0, at=NOW, inception=INCEPTION) | {"dollar_equity": 0}
    keep(
        batch(accounts=(AccountRow(account, before, before, 10_500.0),)),
        batch(rejects=(set_aside("account-totals", zero),)),
    )
    assert "implausible equity: 0.00 USD, 10,500.00 USD" in on_store("db", "requarantine").out
    assert rows(on_store)["quarantine"] == 1
