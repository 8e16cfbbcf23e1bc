"""Every JSON document that a command prints against its generated schema."""

from __future__ import annotations

import json
import logging
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest

from nof1tui.cli.logs import JsonFormatter
from nof1tui.cli.main import cli
from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.figures import catalogue
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import DecisionTexts, Feed, Signal
from tests.support.builders import account_row, at, batch, decision, position, price, trade
from tests.support.cli_types import Command
from tests.support.paths import ROOT, SCHEMAS

SHOWN = ("leaderboard", "stats", "positions", "trades", "prices", "coins", "chat", "events")
DOCUMENTS: dict[tuple[str, ...], str] = {
    **{("show", what): what for what in SHOWN},
    ("show", "chat", "--full"): "chat",
    ("show", "stats", "--since", "2025-10-26 04:04", "--trader", "gpt-5"): "stats",
    **{("show", what, "--explain", "list"): "figures" for what in SHOWN},
    ("show", "stats", "--explain", "sharpe"): "explain",
    ("show", "leaderboard", "--explain", "equity"): "explain",
    ("show", "positions", "--explain", "r_multiple"): "explain",
    ("show", "trades", "--explain", "net_usd"): "explain",
    ("show", "coins", "--explain", "holdings"): "explain",
    ("show", "events", "--explain", "detail"): "explain",
    ("status",): "status",
    ("config", "show"): "config",
    ("doctor", "--offline"): "doctor",
    ("traders", "list"): "traders",
    ("alerts", "list"): "alerts",
}
"""Arguments before `--json`, and the schema of what they print."""
CHECKED_ELSEWHERE = {("traders", "check")}
"""Needs a chain: tests/cli/commands/test_traders.py validates it."""
CONFIG = """
[[alert]]
name = "deep"
when = "return_pct < -20%"
trader = "gpt-5"
cool_down = "1h"
[[alert]]
on = ["flipped", "lead"]
[[trader]]
id = "gpt-5"
maker = "me"
"""


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return loaded


@pytest.fixture
def sample_store(on_store: Command, keep: Callable[..., None], tmp_path: Path) -> Command:
    """`nof1-tui` on a store with records of every kind, and a config file with tables."""
    config = tmp_path / "config" / "nof1-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    entry = Signal("ETH", "buy_to_enter", quantity=1.5, confidence=0.7, stop_loss=3_900.0)
    drift = SchemaDrift("account-totals", "position.funding", "new key", at(0), "0.0001")
    keep(
        batch(
            Feed.ACCOUNTS,
            accounts=(
                account_row("gpt-5", 0, 10_500.0, positions=(position(), position("BTC", -0.5))),
                account_row("qwen3-max", 1, 9_000.0, positions=(position(exit_plan=None),)),
                account_row("buynhold_btc", 1, 20_000.0),
            ),
            drift=(drift,),
        ),
        batch(
            Feed.TRADES,
            trades=(
                *(trade(number, minutes=number, net=10.0 * (-1) ** number) for number in range(1, 6)),
                trade(77, "gpt-5", 260, 12.5, entry_at=at(5.1), entry_oid=771),
            ),
        ),
        batch(Feed.PRICES, prices=(price("BTC", 114_502.5, 0), price("XRP", 2.5, 0))),
        batch(
            Feed.DECISIONS,
            decisions=(decision(1, "gpt-5", 5, signals=(entry,), texts=DecisionTexts("a", "b", "c")),),
        ),
        FeedHealth(Feed.ACCOUNTS, newest_at=at(1), last_ok_at=at(1), requests=3, status=200),
        FeedHealth(Feed.PRICES, failure="HTTP 503", errors=1),
    )
    return on_store


def printed(command: Command, arguments: tuple[str, ...]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(command(*arguments, "--json").out)
    return document


def test_every_document_is_valid_and_one_key_more_is_an_error(sample_store: Command) -> None:
    for arguments, name in DOCUMENTS.items():
        document, wanted = printed(sample_store, arguments), schema(name)
        jsonschema.validate(document, wanted)
        assert document.get("rows", [1]), arguments
        for place in objects(document):
            place["one_key_more"] = None
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(document, wanted)
            del place["one_key_more"]


def test_documents_of_an_empty_store_are_valid(on_store: Command) -> None:
    for arguments, name in DOCUMENTS.items():
        if arguments[0] in ("show", "status"):
            jsonschema.validate(printed(on_store, arguments), schema(name))


def test_the_status_without_a_store_is_valid(command: Command) -> None:
    jsonschema.validate(printed(command, ("status",)), schema("status"))


def objects(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The document, its first row, and objects in that row that have keys of their own."""
    yield document
    for rows in (document.get("rows"), document.get("checks")):
        if rows:
            yield rows[0]
            for key in ("by_side", "upstream", "signals", "holdings"):
                if rows[0].get(key):
                    yield rows[0][key][0]
    if "basis" in (document.get("rows") or [{}])[0]:
        yield document["rows"][0]["basis"]
        yield next(iter(document["rows"][0]["basis"].values()))


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_every_key_is_described_and_no_object_is_open(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    for place, properties in closed_objects(found, path.stem):
        assert not [key for key, value in properties.items() if not value.get("description")], place


def closed_objects(found: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of every object; each is closed, or says what its values are."""
    if not isinstance(found, dict):
        return
    if "properties" in found:
        assert found["additionalProperties"] is False, place
        yield place, found["properties"]
    for key, value in found.get("properties", {}).items():
        yield from closed_objects(value, f"{place}.{key}")
    for key in ("items", "additionalProperties"):
        yield from closed_objects(found.get(key), f"{place}[]")
    for value in found.get("anyOf", ()):
        yield from closed_objects(value, place)


def test_the_schemas_are_generated() -> None:
    texts = runpy.run_path(str(ROOT / ".ci" / "schemas.py"))["texts"]()
    assert {path.name: path.read_text("utf-8") for path in SCHEMAS.glob("*.json")} == texts


def test_every_command_that_prints_json_is_checked() -> None:
    covered = {arguments[: len(path)] for arguments in DOCUMENTS for path in json_commands(cli)}
    assert set(json_commands(cli)) <= covered | CHECKED_ELSEWHERE


def json_commands(group: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of commands with an option `--json`."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        names = group.list_commands(context)
        inner = [(name, group.get_command(context, name)) for name in names]
        return [found for name, it in inner if it for found in json_commands(it, (*path, name))]
    return [path] if any("--json" in option.opts for option in group.params) else []


def test_a_line_of_the_log_is_valid() -> None:
    record = logging.makeLogRecord({"msg": "accounts: read", "levelname": "INFO"})
    record.feed, record.read, record.stored = "accounts", 3, {"accounts": 2}
    line = json.loads(JsonFormatter().format(record))
    jsonschema.validate(line, schema("log"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**line, "one_key_more": 1}, schema("log"))


def test_a_declared_figure_is_a_key_of_document_and_schema(
    sample_store: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nof1tui.domain.export.schemas import schemas
    from nof1tui.domain.figures.figure import declare
    from nof1tui.domain.figures.views import AccountView

    @declare(AccountView, "account", "ratio", "Luck", documents=("leaderboard",))
    def luck(account: AccountView) -> float:
        """Luck of the account."""
        return account.row.equity_usd / 1_000

    with_luck = catalogue.default_catalogue().with_figure(luck)
    monkeypatch.setattr(catalogue, "default_catalogue", lambda: with_luck)
    assert schemas()["stats"]["properties"]["rows"]["items"]["properties"]["luck"] == {
        "description": "Luck of the account.",
        "x-source": "computed",
        "type": ["number", "null"],
    }
    for what in ("leaderboard", "stats"):
        rows = printed(sample_store, ("show", what, "--trader", "gpt-5"))["rows"]
        assert [row["luck"] for row in rows] == [10.5]
        assert sample_store("show", what, "--csv").out.splitlines()[0].split(",").count("luck") == 1
    assert "nof1_luck{" in sample_store("status", "--metrics-traders").out
    assert "Luck of the account." in sample_store("show", "stats", "--explain", "luck").out
