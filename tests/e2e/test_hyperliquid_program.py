"""Wallets as an arena, through the whole program: a local server with the info endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nof1tui.sources.simulated.chain.transport import SimulatedChain
from tests.support.arena_server import ArenaServer
from tests.support.chain_server import ChainState, real_time
from tests.support.program import PROGRAM, run
from tests.support.pty_terminal import PtyTerminal
from tests.support.scripted_wallet import ScriptedChain, ScriptedWallet

NOW = real_time().replace(microsecond=0)
PARTS = 1_050
"""Fills of one order of a busy wallet; two such orders exceed a page."""
EACH_ONCE = 3 * 3 + 1
"""State, fills and portfolio of three wallets, and the prices."""


def steady() -> ScriptedWallet:
    """Adds, takes half off, closes; holds BTC behind a stop; pays funding."""
    wallet = ScriptedWallet("steady")
    wallet.deposit(10_000, NOW - timedelta(days=5))
    wallet.trade("ETH", 1, 3_900, NOW - timedelta(days=4))
    wallet.trade("ETH", 1, 3_920, NOW - timedelta(days=4) + timedelta(hours=1))
    wallet.fund("ETH", "-1.25", NOW - timedelta(days=3, hours=12))
    wallet.trade("ETH", -1, 4_000, NOW - timedelta(days=3))
    wallet.trade("ETH", -1, 4_100, NOW - timedelta(days=2))
    wallet.trade("BTC", "0.1", 100_000, NOW - timedelta(days=1))
    wallet.place_triggers("BTC", NOW - timedelta(hours=23), target=120_000, stop=95_000)
    return wallet


def turner() -> ScriptedWallet:
    """Two orders of very many parts, then long, and short in one fill."""
    wallet = ScriptedWallet("turner")
    wallet.deposit(5_000, NOW - timedelta(days=3))
    for part in range(2 * PARTS):
        sign = 1 if part < PARTS else -1
        wallet.trade("DOGE", sign * 10, "0.2", NOW - timedelta(days=2) + timedelta(seconds=part))
    wallet.trade("SOL", 10, 180, NOW - timedelta(hours=6))
    wallet.trade("SOL", -25, 190, NOW - timedelta(hours=5))
    return wallet


def unlucky() -> ScriptedWallet:
    """Liquidated on the main exchange; holds a share on a builder's."""
    wallet = ScriptedWallet("unlucky")
    wallet.deposit(2_000, NOW - timedelta(days=2))
    wallet.deposit(300, NOW - timedelta(days=2), exchange="xyz")
    wallet.trade("ETH", 4, 4_000, NOW - timedelta(days=1, hours=20))
    wallet.liquidate("ETH", 3_600, NOW - timedelta(days=1))
    wallet.trade("xyz:NVDA", 2, 180, NOW - timedelta(hours=9))
    return wallet


@dataclass
class Wallets:
    """Three wallets behind a server."""

    server: ArenaServer
    state: ChainState
    chain: SimulatedChain

    def equity(self, name: str) -> Decimal:
        """As reported by the chain, over all exchanges."""
        question = {"type": "clearinghouseState", "user": self.chain.wallets[name]}
        states = [self.chain.answer({**question, "dex": dex}, real_time()) for dex in ("", "xyz")]
        return sum((Decimal(state["marginSummary"]["accountValue"]) for state in states), Decimal(0))


@pytest.fixture
def wallets(home: dict[str, str]) -> Iterator[Wallets]:
    chain = ScriptedChain([steady(), turner(), unlucky()])
    chain.set_price("BTC", 104_000, NOW - timedelta(hours=1))
    state = ChainState(chain)
    folder = Path(home["XDG_CONFIG_HOME"]) / "nof1-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(chain.traders_toml())
    with ArenaServer(state) as server:
        home["NOF1_SOURCE"] = "hyperliquid"
        home["NOF1_HYPERLIQUID_URL"] = f"http://127.0.0.1:{server.port}"
        yield Wallets(server, state, chain)


def show(home: dict[str, str], *arguments: str) -> list[dict[str, Any]]:
    done = run(home, "show", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return rows


def test_after_a_429_board_positions_trades_and_history_equal_the_chain(
    home: dict[str, str], wallets: Wallets
) -> None:
    wallets.state.limited = True
    refused = run(home, "collect", "--once")
    assert refused.returncode == 1
    assert "429" in refused.stderr
    assert wallets.state.meter.refused_count <= EACH_ONCE
    wallets.state.limited = False
    first = run(home, "collect", "--once")
    assert first.returncode == 0, first.stderr

    board = {row["trader"]: row for row in show(home, "leaderboard")}
    assert {name: row["equity_usd"] for name, row in board.items()} == {
        name: pytest.approx(float(wallets.equity(name)), abs=0.005)
        for name in ("steady", "turner", "unlucky")
    }
    assert board["steady"]["return_pct"] == pytest.approx(
        float(wallets.equity("steady") / 100 - 100), abs=0.01
    )

    positions = {(row["trader"], row["coin"]): row for row in show(home, "positions")}
    assert {place: row["quantity"] for place, row in positions.items()} == {
        ("steady", "BTC"): 0.1, ("turner", "SOL"): -15.0, ("unlucky", "xyz:NVDA"): 2.0
    }  # fmt: skip
    btc = positions["steady", "BTC"]
    assert (btc["entry_price"], btc["mark_price"]) == (100_000.0, 104_000.0)
    assert (btc["stop_loss"], btc["profit_target"]) == (95_000.0, 120_000.0)

    trades = {(row["trader"], row["coin"]): row for row in show(home, "trades")}
    assert set(trades) == {("steady", "ETH"), ("turner", "DOGE"), ("turner", "SOL"), ("unlucky", "ETH")}
    assert trades["steady", "ETH"]["gross_usd"] == pytest.approx(280.0)
    assert trades["steady", "ETH"]["fees_usd"] == pytest.approx(7.164)
    assert trades["steady", "ETH"]["net_usd"] == pytest.approx(280.0 - 7.164 - 1.25)
    assert trades["turner", "DOGE"]["fees_usd"] == pytest.approx(1.89)
    assert trades["turner", "SOL"]["gross_usd"] == pytest.approx(100.0)
    assert trades["unlucky", "ETH"]["net_usd"] == pytest.approx(-1_600.0 - 7.2 - 6.48)

    past = {row["trader"]: row for row in show(home, "leaderboard", "--as-of", "-36h")}
    assert past["steady"]["equity_usd"] == pytest.approx(10_000 + 280 - 7.164 - 1.25, abs=0.01)
    assert wallets.state.meter.peak_per_minute <= 960


def test_the_monitor_shows_wallets_like_any_arena(home: dict[str, str], wallets: Wallets) -> None:
    home["NOF1_POLL_ACCOUNTS_S"] = home["NOF1_POLL_PRICES_S"] = "1"
    terminal = PtyTerminal(PROGRAM, env=home)
    try:
        terminal.wait_for("LIVE")
        for name in ("steady", "turner", "unlucky"):
            terminal.wait_for(f"${wallets.equity(name):,.2f}")
            assert name in terminal.text
        terminal.send("2")
        terminal.wait_for("3 positions")
        terminal.wait_for("NVDA")
        terminal.send("3")
        terminal.wait_for("4 trades")
        liquidated = re.compile(r"unlucky +ETH .* -\$1,613\.68")
        terminal.wait(lambda: bool(liquidated.search(terminal.text)), "the liquidated trade")
        terminal.send("q")
        assert terminal.wait_exit(5.0) == 0
        assert wallets.state.meter.peak_per_minute <= 960
    finally:
        terminal.close()
