"""Reconciliation: a false row is found within two checks, and true ones are never reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nof1tui.collector.chain_verifier import ChainVerifier
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch, apply_reconciliations
from nof1tui.domain.fills.fill import Fill
from nof1tui.domain.fills.reconciliation import ChainState
from nof1tui.domain.records import Feed, Reconciliation
from nof1tui.domain.roster import Roster, Season
from nof1tui.ports.errors import SourceMalformed, SourceUnavailable
from nof1tui.sources.http.client import make_client
from nof1tui.sources.hyperliquid.chain import HyperliquidChain
from nof1tui.sources.nof1.source import Nof1Source
from tests.support.builders import account_row, at, batch
from tests.support.lying_arena import LIES, Lie, World, world

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
INTERVAL = timedelta(minutes=5)
ROSTER = Roster(open_season=Season("sim", "Simulated"))


@dataclass
class Scene:
    """An arena and its chain, a collector's board, and periodic checks."""

    now: datetime = START
    world: World = field(init=False)
    board: Board = field(default_factory=lambda: Board(ROSTER))
    checks: list[Reconciliation] = field(default_factory=list)

    @classmethod
    def made(cls, *, seed: int = 7, arena_s: float = 0, chain_s: float = 0) -> Scene:
        scene = cls()
        scene.world = world(
            lambda: scene.now,
            start=START,
            history=timedelta(hours=2),
            seed=seed,
            arena_behind=timedelta(seconds=arena_s),
            chain_behind=timedelta(seconds=chain_s),
        )
        client = make_client("http://arena.invalid/api", transport=scene.world.arena)
        scene.source = Nof1Source(client, roster=ROSTER, clock=lambda: scene.now, monotonic=scene.seconds)
        scene.verifier = scene.started()
        return scene

    source: Nof1Source = field(init=False)
    verifier: ChainVerifier = field(init=False)

    def seconds(self) -> float:
        return (self.now - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def started(self) -> ChainVerifier:
        return ChainVerifier(
            lambda: HyperliquidChain(
                make_client("http://chain.invalid", transport=self.world.chain),
                clock=lambda: self.now,
                monotonic=self.seconds,
                sleep=self.sleep,
            ),
            lambda key: self.world.wallets.get(key.trader),
            board=lambda: self.board,
            on_checks=self.add_checks,
            clock=lambda: self.now,
            interval_s=INTERVAL.total_seconds(),
        )

    def add_checks(self, checks: Sequence[Reconciliation]) -> None:
        self.board = apply_reconciliations(self.board, checks)
        self.checks += checks

    async def round(self, after: timedelta = INTERVAL) -> dict[str, str]:
        """Verdicts of the next check, each account's by its trader."""
        self.now += after
        self.board = apply_batch(self.board, await self.source.fetch(Feed.ACCOUNTS, self.board))
        return {check.account.trader: check.verdict for check in await self.verifier.check()}


@pytest.mark.parametrize("lie", [lie for _, lie in LIES], ids=[name for name, _ in LIES])
async def test_a_false_row_is_found_within_two_checks_and_no_other_is_reported(lie: Lie) -> None:
    scene = Scene.made()
    assert set((await scene.round()).values()) == {"agrees"}
    rows = scene.board.accounts.values()
    liar = max(rows, key=lambda row: len(row.positions)).account.trader
    scene.world.arena.add_lie(liar, lie, scene.now)
    first, second = await scene.round(), await scene.round()
    assert first[liar] == "checking"
    assert second[liar] == "drift"
    assert {verdict for trader, verdict in second.items() if trader != liar} <= {"agrees", "checking"}
    (check,) = (check for check in scene.board.reconciliations.values() if check.account.trader == liar)
    assert abs(check.drift_usd or 0) > 10
    assert check.reason
    (event,) = (event for event in scene.board.events if event.kind == "drift")
    assert (event.account, event.reason) == (check.account, check.reason)
    scene.world.arena.be_honest()
    assert (await scene.round())[liar] == "agrees"
    reasons = [event.reason for event in scene.board.events if event.kind == "drift"]
    assert reasons[0] == "agrees with the chain again"


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("arena_s", "chain_s"), [(0, 0), (60, 0), (0, 60)], ids=["no lag", "the arena lags", "the chain lags"]
)
async def test_a_lagging_arena_is_not_reported(arena_s: float, chain_s: float, seed: int) -> None:
    scene = Scene.made(seed=seed, arena_s=arena_s, chain_s=chain_s)
    agreed = 0
    for number in range(40):
        verdicts = await scene.round(timedelta(seconds=61 + 7 * number))
        assert "drift" not in verdicts.values(), scene.board.reconciliations
        agreed += sum(1 for verdict in verdicts.values() if verdict == "agrees")
    assert agreed > 0.9 * len(scene.checks)


async def test_an_unreachable_chain_gives_no_check_and_ends_no_drift() -> None:
    scene = Scene.made()
    liar = next(iter(scene.world.wallets))
    scene.world.arena.add_lie(liar, LIES[0][1], scene.now)
    await scene.round()
    assert (await scene.round())[liar] == "drift"
    asked = scene.verifier
    scene.verifier = ChainVerifier(
        Away,
        lambda key: scene.world.wallets.get(key.trader),
        board=lambda: scene.board,
        on_checks=scene.add_checks,
        clock=lambda: scene.now,
        interval_s=300,
    )
    verdicts = await scene.round()
    assert set(verdicts.values()) == {"unchecked"}
    (check,) = (check for check in scene.board.reconciliations.values() if check.account.trader == liar)
    assert (check.reason, check.since is not None) == ("chain.invalid: no way there", True)
    scene.verifier = asked
    assert (await scene.round())[liar] == "drift"
    assert len([event for event in scene.board.events if event.kind == "drift"]) == 1


class Away:
    """An unreachable chain."""

    asked = 0

    async def fetch_state(self, wallet: str) -> ChainState:
        self.asked += 1
        raise SourceUnavailable("chain.invalid: no way there")

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        raise AssertionError("fills are not requested without a state")

    async def aclose(self) -> None: ...


class Flat:
    """Wallets with equity and no positions."""

    async def fetch_state(self, wallet: str) -> ChainState:
        return ChainState(at(), Decimal(10_000))

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        return ()

    async def aclose(self) -> None: ...


def verifier(chain: Away | Flat, board: Board, checks: list[Reconciliation], **wallets: str) -> ChainVerifier:
    return ChainVerifier(
        lambda: chain,
        lambda key: wallets.get(key.trader.replace("-", "_")),
        board=lambda: board,
        on_checks=checks.extend,
        clock=lambda: at(minutes=1),
        interval_s=300,
    )


async def test_an_unreachable_chain_is_requested_once_per_round(roster: Roster) -> None:
    rows = (account_row("gpt-5"), account_row("grok-4"))
    chain, checks = Away(), list[Reconciliation]()
    board = apply_batch(Board(roster), batch(accounts=rows))
    await verifier(chain, board, checks, gpt_5="0x1", grok_4="0x2").check()
    assert chain.asked == 1
    assert [check.verdict for check in checks] == ["unchecked", "unchecked"]


class Torn(Flat):
    """The response of one wallet cannot be decoded."""

    async def fetch_state(self, wallet: str) -> ChainState:
        if wallet == "0x1":
            raise SourceMalformed("not a wallet's state")
        return await super().fetch_state(wallet)


async def test_a_malformed_response_affects_one_wallet_only(roster: Roster) -> None:
    checks: list[Reconciliation] = []
    rows = (account_row("gpt-5"), account_row("grok-4", equity=10_000.0))
    board = apply_batch(Board(roster), batch(accounts=rows))
    await verifier(Torn(), board, checks, gpt_5="0x1", grok_4="0x2").check()
    assert [(check.verdict, check.reason) for check in checks] == [
        ("unchecked", "not a wallet's state"),
        ("agrees", ""),
    ]


async def test_a_chain_without_updates_gives_no_drift() -> None:
    scene = Scene.made()
    await scene.round()
    halted = scene.now
    scene.world.chain._clock = lambda: halted
    for _ in range(12):
        verdicts = await scene.round()
        assert set(verdicts.values()) == {"unchecked"}
    assert all("older than the row" in check.reason for check in scene.board.reconciliations.values())


async def test_accounts_without_a_known_wallet_are_not_checked(roster: Roster) -> None:
    checks: list[Reconciliation] = []
    board = apply_batch(Board(roster), batch(accounts=(account_row("gpt-5"),)))
    await verifier(Flat(), board, checks).check()
    assert checks == []


async def test_an_old_row_and_a_shared_wallet_cannot_be_checked(roster: Roster) -> None:
    checks: list[Reconciliation] = []
    rows = (account_row("gpt-5", minutes=-30), account_row("grok-4"), account_row("qwen3-max"))
    board = apply_batch(Board(roster), batch(accounts=rows))
    await verifier(Flat(), board, checks, gpt_5="0x1", grok_4="0x2", qwen3_max="0x2").check()
    reasons = {check.account.trader: check.reason for check in checks}
    assert reasons == {
        "gpt-5": "newest row is 31 min old",
        "grok-4": "several accounts share the wallet",
        "qwen3-max": "several accounts share the wallet",
    }


async def test_it_continues_from_the_stored_checks(roster: Roster) -> None:
    checks: list[Reconciliation] = []
    board = apply_batch(Board(roster), batch(accounts=(account_row("gpt-5", equity=9_000.0),)))
    (key,) = board.accounts
    since = at(minutes=-20)
    board = apply_reconciliations(board, [Reconciliation(key, "drift", since, "equity", 100.0, 1.0, since)])
    (check,) = await verifier(Flat(), board, checks, gpt_5="0x1").check()
    assert (check.verdict, check.since) == ("drift", since)


async def test_it_checks_at_its_interval_until_it_is_cancelled(roster: Roster) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4:
            raise StopAsyncIteration

    board = apply_batch(Board(roster), batch(accounts=(account_row("gpt-5"),)))
    checks: list[Reconciliation] = []
    running = ChainVerifier(
        Flat,
        lambda key: "0x1",
        board=lambda: board,
        on_checks=checks.extend,
        clock=at,
        interval_s=300,
        sleep=sleep,
        jitter=lambda: 1.0,
    )
    with pytest.raises(StopAsyncIteration):
        await running.run()
    assert slept == [10, 330, 330, 330]
    assert len(checks) == 3
