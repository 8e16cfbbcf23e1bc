"""`traders`: traders of the arena and the state of their wallets on the chain."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nof1tui.sources.simulated.chain.transport import SimulatedChain
from tests.support.arena_server import ArenaServer
from tests.support.chain_server import ChainState, real_time
from tests.support.cli_types import Command, CommandResult
from tests.support.paths import SCHEMAS
from tests.support.scripted_wallet import ScriptedChain, ScriptedWallet

STRANGER = "0x" + "d" * 40


def rows_of(result: CommandResult, schema: str) -> dict[str, dict[str, Any]]:
    document = json.loads(result.out)
    jsonschema.validate(document, json.loads((SCHEMAS / f"{schema}.json").read_text("utf-8")))
    return {row["trader"]: row for row in document["rows"]}


class Roles(ChainState):
    """A chain that reports other roles for some wallets."""

    def __init__(self, chain: SimulatedChain) -> None:
        super().__init__(chain)
        self.roles: dict[str, dict[str, Any]] = {}

    def info(self, question: bytes) -> tuple[int, bytes]:
        asked = json.loads(question)
        if asked["type"] == "userRole" and asked["user"] in self.roles:
            return 200, json.dumps(self.roles[asked["user"]]).encode()
        return super().info(question)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NOF1_SOURCE", "hyperliquid")
    path = tmp_path / "config" / "nof1-tui" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def chain(config: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Roles]:
    """One wallet that trades on the main exchange and on a builder's, and the config that watches it."""
    now = real_time()
    wallet = ScriptedWallet("mine")
    wallet.deposit(5_000, now - timedelta(days=30))
    wallet.deposit(300, now - timedelta(days=30), exchange="xyz")
    wallet.trade("SOL", 10, 180, now - timedelta(hours=6))
    wallet.trade("xyz:NVDA", 1, 180, now - timedelta(hours=5))
    simulated = ScriptedChain([wallet])
    config.write_text(simulated.traders_toml())
    with ArenaServer(Roles(simulated)) as server:
        monkeypatch.setenv("NOF1_HYPERLIQUID_URL", f"http://127.0.0.1:{server.port}")
        assert isinstance(server.state, Roles)
        yield server.state


def test_traders_of_the_config_are_listed_with_the_source_of_their_capital(
    command: Command, config: Path
) -> None:
    config.write_text(
        f'[[trader]]\nid = "mine"\nname = "My \\u001b[31magent"\ncolour = "#ff8800"\nwallet = "{STRANGER}"\n'
        'capital_usd = 2500\n[[trader]]\nid = "gpt-5"\n'
    )
    rows = rows_of(command("traders", "list", "--json"), "traders")
    assert (rows["mine"]["capital_usd"], rows["mine"]["capital_from"]) == (2_500.0, "config")
    assert (rows["gpt-5"]["maker"], rows["gpt-5"]["capital_from"]) == ("OpenAI", "deposits")
    printed = command("traders", "list").out
    assert all(word in printed for word in (STRANGER, "$2,500.00", "#ff8800", "deposits"))
    assert "\x1b" not in printed


def test_without_configured_traders_it_explains_how_to_add_one(command: Command, config: Path) -> None:
    result = command("traders", "list")
    assert (result.code, "[[trader]]" in result.out, "gpt-5" in result.out) == (0, True, True)


def test_a_wallet_named_twice_is_refused(command: Command, config: Path) -> None:
    config.write_text("".join(f'[[trader]]\nid = "{name}"\nwallet = "{STRANGER}"\n' for name in "ab"))
    for action in ("list", "check"):
        result = command("traders", action)
        assert (result.code, "b: a has the same wallet" in result.err) == (2, True)


def test_the_state_of_a_wallet_on_the_chain_is_reported(command: Command, chain: Roles) -> None:
    result = command("traders", "check", "--json")
    row = rows_of(result, "wallets")["mine"]
    assert (result.code, row["state"], row["role"]) == (0, "ok", "user")
    assert (row["positions"], row["markets"]) == (2, ["xyz"])
    assert row["equity_usd"] == pytest.approx(5_300, rel=0.01)
    assert row["since_at"][:10] == (real_time() - timedelta(days=30)).date().isoformat()
    assert "xyz" in command("traders", "check").out
    assert chain.meter.peak_per_minute <= 960


@pytest.mark.parametrize(
    ("role", "code", "state", "message"),
    [
        ({"role": "vault"}, 0, "warning", "its equity is its depositors'"),
        ({"role": "agent", "data": {"user": STRANGER}}, 1, "fault", f"the account it trades for: {STRANGER}"),
        ({"role": "subAccount", "data": {"master": STRANGER}}, 0, "ok", f"by itself: {STRANGER}"),
        ({"role": "missing"}, 1, "fault", "never seen this address"),
        ({"roll": "user"}, 0, "ok", ""),
    ],
)
def test_each_role_of_a_wallet_has_its_state_and_message(
    command: Command, chain: Roles, config: Path, role: dict[str, Any], code: int, state: str, message: str
) -> None:
    chain.roles[config.read_text().split('wallet = "')[1][:42]] = role
    result = command("traders", "check", "--json")
    row = rows_of(result, "wallets")["mine"]
    assert (result.code, row["state"]) == (code, state)
    assert message in row["found"]
    assert message in command("traders", "check").out


def test_a_trader_without_a_wallet_is_reported(command: Command, chain: Roles, config: Path) -> None:
    config.write_text(config.read_text() + '[[trader]]\nid = "typo"\n')
    assert "typo is not watched" in command("traders", "list").out
    result = command("traders", "check", "--json")
    row = rows_of(result, "wallets")["typo"]
    assert (result.code, row["state"], row["wallet"]) == (1, "fault", None)


def test_an_unreachable_chain_is_requested_once_and_is_a_fault_of_each_wallet(
    command: Command, chain: Roles, config: Path
) -> None:
    config.write_text("".join(f'[[trader]]\nid = "{name}"\nwallet = "0x{name * 40}"\n' for name in "abc"))
    chain.limited = True
    result = command("traders", "check")
    assert (result.code, "FAULT" in result.out, "429" in result.out) == (1, True, True)
    assert "skipped: the chain did not respond before" in result.out
    assert chain.meter.refused_count == 1


def test_an_unfunded_wallet_gets_a_warning(command: Command, chain: Roles, config: Path) -> None:
    config.write_text(f'[[trader]]\nid = "new"\nwallet = "{STRANGER}"\n')
    chain.roles[STRANGER] = {"role": "user"}
    result = command("traders", "check", "--json")
    row = rows_of(result, "wallets")["new"]
    assert (result.code, row["state"], row["since_at"]) == (0, "warning", None)
    assert "empty account" in row["found"]
