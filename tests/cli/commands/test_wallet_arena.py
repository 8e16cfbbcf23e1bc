"""An arena of wallets built from settings: its traders, its API and its store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from nof1tui.cli.handlers.monitor import build_loading_text
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster, RosterError
from nof1tui.ports.errors import StoreUnusable
from nof1tui.runtime.open_store import open_store
from nof1tui.runtime.rosters import load_roster, wallet_roster
from nof1tui.settings.model import Settings
from nof1tui.settings.tables import TraderTable
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.writing.writer import Writer
from tests.support.builders import account_row, batch

WALLETS = {"a": "0x" + "a" * 40, "b": "0x" + "B" * 40}


def own(**traders: str) -> tuple[TraderTable, ...]:
    return tuple(TraderTable(id=name, wallet=wallet) for name, wallet in traders.items())


def test_an_arena_of_wallets_is_a_separate_season_with_the_configured_traders() -> None:
    roster = wallet_roster(Settings(source="hyperliquid", traders=own(**WALLETS)))
    assert [trader.id for trader in roster.traders] == ["a", "b"]
    assert roster.season_at(datetime(2025, 10, 20, tzinfo=UTC)).slug == "hyperliquid"


def test_without_configured_traders_the_known_wallets_are_watched() -> None:
    traders = wallet_roster(Settings(source="hyperliquid")).traders
    assert len(traders) == 6
    assert all(trader.wallet for trader in traders)


def test_a_known_trader_may_be_configured_without_its_wallet() -> None:
    tables = (*own(**WALLETS), TraderTable(id="GPT_5", name="The big one"))
    found = {trader.name: trader.wallet for trader in wallet_roster(Settings(traders=tables)).traders}
    assert found["The big one"] == load_roster(Settings()).trader("gpt-5").wallet


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (own(a=WALLETS["a"], A=WALLETS["b"]), "A: a has the same id"),
        (own(a=WALLETS["b"], c=WALLETS["b"].lower()), "c: a has the same wallet"),
    ],
)
def test_the_same_trader_or_wallet_twice_is_refused_by_name(
    tables: tuple[TraderTable, ...], message: str
) -> None:
    with pytest.raises(RosterError, match=message):
        wallet_roster(Settings(source="hyperliquid", traders=tables))


def test_before_the_first_response_it_names_the_wallets_and_the_host() -> None:
    settings = Settings(source="hyperliquid", traders=own(**WALLETS), hyperliquid_url="http://here:1")
    message = build_loading_text(settings, wallet_roster(settings))
    assert message.startswith("Reading 2 wallets from http://here:1 …")
    assert "traders check" in message


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "https://api.hyperliquid.xyz"),
        ({"hyperliquid_url": "http://here:1/info"}, "http://here:1"),
        ({"api_url": "http://there:2"}, "http://there:2"),
        ({"api_url": "http://there:2", "hyperliquid_url": "http://here:1"}, "http://here:1"),
    ],
)
def test_the_api_url_follows_from_the_settings(given: dict[str, str], url: str) -> None:
    assert Settings(source="hyperliquid", **given).arena_url == url  # type: ignore[arg-type]


def test_wallets_and_the_arena_of_nof1_share_neither_database_nor_spool_nor_cache() -> None:
    wallets, nof1 = Settings(source="hyperliquid"), Settings()
    assert wallets.embedded_database != nof1.embedded_database
    assert wallets.store_fingerprint != nof1.store_fingerprint


async def test_a_database_filled_by_another_source_is_refused(database_url: str, roster: Roster) -> None:
    database = open_pool(database_url)
    try:
        await Writer(database, arena="nof1", roster=roster).write(
            batch(Feed.ACCOUNTS, accounts=(account_row(),))
        )
    finally:
        await database.close()
    settings = Settings(source="hyperliquid", database_url=SecretStr(database_url))
    with pytest.raises(StoreUnusable, match="collected from nof1"):
        async with open_store(settings, on_progress=lambda message: None):
            pass
    async with open_store(Settings(database_url=SecretStr(database_url)), on_progress=lambda message: None):
        pass
