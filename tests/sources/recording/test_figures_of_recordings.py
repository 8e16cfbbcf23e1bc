"""The recordings give the figures that the first release gave, to the last bit."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from math import fsum
from pathlib import Path
from typing import Any

import pytest

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.records import Decision, DecisionTexts
from nof1tui.domain.roster import Roster
from nof1tui.sources.recording.files import RecordingReader, find_recordings

LEADERBOARD = (
    # rank, account, equity, return, drawdown, unrealised, positions, gross exposure, trades, net, fees, won
    (1, "qwen3-max", 16886.581976, 68.86581976000001, -5.205994119999991, 6513.08, 1, 12.920801871574675, 29,
     7091.0570773300005, 1151.47533167, 10),
    (2, "deepseek-chat-v3.1", 13274.550869, 32.745508690000015, -0.2609988999999979, 2242.36153, 6,
     11.297404164552153, 17, 10049.005192, 306.109081, 7),
    (3, "claude-sonnet-4-5", 9113.881707, -8.86118293, -13.072697759999997, 572.3451, 4, 9.363526469128441,
     21, 1514.7941750000005, 389.945554, 8),
    (4, "grok-4", 8963.567791, -10.36432209, -17.763457309999996, 1147.64002, 6, 6.293260019368554, 20,
     -2262.04745, 211.47908, 4),
    (5, "gemini-2.5-pro", 3330.499923, -66.69500077000001, -67.87479497630741, 117.0621, 5, 6.908271875675405,
     116, -2213.354793, 573.453356, 32),
    (6, "gpt-5", 2934.65915, -70.6534085, -73.75580275473693, 98.75375999999997, 6, 7.93843572089113, 68,
     -6405.37992315, 367.63546515, 14),
    (None, "buynhold_btc", 10418.26205, 4.1826205000000005, -0.2770039999999918, 418.26205, 1,
     0.9995850723489913, 0, 0.0, 0.0, 0),
)  # fmt: skip
IDENTITIES = "d1f0903d31d37d0e9b21a9abe642f0016a7a05d3118374d7454ae39cb14efc7a"
"""SHA-256 of the sorted ids of all trades, then of all decisions."""


@pytest.fixture(scope="module")
def batches(recordings: Path, roster: Roster) -> list[Batch]:
    reader = RecordingReader(roster)
    found = [reader.read(recording) for recording in find_recordings([recordings])]
    return [batch for batch in found if isinstance(batch, Batch)]


def total(values: Iterable[float | None]) -> float:
    return fsum(value for value in values if value is not None)


def test_the_leaderboard_is_the_same(batches: list[Batch], roster: Roster) -> None:
    board = Board(roster)
    for batch in batches:
        board = apply_batch(board, batch)
    assert tuple(
        (row.rank, row.account.slug, row.equity_usd, row.return_pct, row.max_drawdown_pct, row.unrealized_usd,
         row.positions, row.exposure_gross, row.stats.trades, row.stats.net_usd, row.stats.fees_usd,
         row.stats.wins)
        for row in board.leaderboard
    ) == LEADERBOARD  # fmt: skip
    ids = sorted(trade.id for log in board.trades.values() for trade in log.trades)
    ids += sorted(decision.id for decision in board.decisions)
    assert (len(ids), sha256("\n".join(ids).encode()).hexdigest()) == (485, IDENTITIES)
    assert len(board.events) == 300


def test_nothing_is_rejected_coerced_or_new(batches: list[Batch]) -> None:
    assert [(batch.rejects, batch.coerced, batch.drift) for batch in batches] == [((), 0, ())] * 27


SUMS = {
    "accounts": {
        "equity_usd": 195481.878032, "return_pct_reported": -145.179, "realized_usd": -34446.497707999995,
        "unrealized_usd": 19113.31664, "sharpe_reported": -0.7470000000000001, "hourly_marker": 2160.0,
        "minute_marker": 130301.0,
    },
    "positions": {
        "quantity": 313750.8371, "entry_price": 2011298.7451, "mark_price": 2031704.6557,
        "unrealized_usd": 19113.31664, "leverage": 1069.0, "margin_usd": 130650.280804,
        "liquidation_price": 1780429.397904903, "risk_usd": 29677.1126, "confidence": 52.36,
        "closed_pnl_usd": -646.25, "commission_usd": 388.791552, "entry_oid": 16410528301466.0,
        "oid": 16410528301466.0, "tp_oid": 11014042702227.0, "sl_oid": 11014043452899.0,
    },
    "trades": {
        "quantity": 213868.21768, "entry_price": 14605080.86374, "exit_price": 14682906.57577,
        "gross_usd": 12165.96849, "net_usd": 4378.374851540002, "fees_usd": 8038.99838946,
        "entry_fee_usd": 4390.41599746, "exit_fee_usd": 3648.582392, "entry_closed_usd": -4387.53969746,
        "exit_closed_usd": 8663.602239999998, "entry_oid": 158121918609632.0,
        "exit_oid": 158377724733749.0, "entry_tid": 4.112869388200203e17, "exit_tid": 4.404216641009533e17,
    },
    "signals": {
        "quantity": 6017569.55, "leverage": 17710.0, "profit_target": 36411219.3167655,
        "stop_loss": 33890612.161906, "risk_usd": 484148.5035, "confidence": 913.98,
    },
    "prices": {"price": 355858.579765},
    "inceptions": {"capital_usd": 280000.0},
}  # fmt: skip
"""Sum of each figure over all records of a kind, as the first release computed it."""


def records(batches: list[Batch], kind: str) -> list[Any]:
    if kind == "positions":
        return [position for row in records(batches, "accounts") for position in row.positions]
    if kind == "signals":
        return [signal for decision in records(batches, "decisions") for signal in decision.signals]
    return [record for batch in batches for record in getattr(batch, kind)]


@pytest.mark.parametrize("kind", sorted(SUMS))
def test_every_figure_has_the_same_sum(batches: list[Batch], kind: str) -> None:
    found = records(batches, kind)
    assert {name: total(getattr(record, name) for record in found) for name in SUMS[kind]} == SUMS[kind]


def test_sides_times_and_texts_are_the_same(batches: list[Batch]) -> None:
    trades, decisions = records(batches, "trades"), records(batches, "decisions")
    assert (len(trades), sum(trade.side == "short" for trade in trades)) == (758, 300)
    assert total(trade.exit_at.timestamp() for trade in trades) == 1334982499762.391
    assert total(trade.entry_at.timestamp() for trade in trades) == 1334939097567.046
    assert sum(len(trade.extra or "") for trade in trades) == 16080
    assert (len(decisions), sum(decision.answer_failed for decision in decisions)) == (300, 4)
    assert total(decision.at.timestamp() for decision in decisions) == 528492006984.16675
    assert sum(len(text or "") for decision in decisions for text in texts(decision)) == 4393717
    entries = [position.entry_at.timestamp() for position in records(batches, "positions")]
    assert (len(entries), total(entries)) == (81, 142640944077.0344)
    assert sum(len(item.tables) for item in records(batches, "analytics")) == 90785


def texts(decision: Decision) -> tuple[str | None, ...]:
    kept = decision.texts or DecisionTexts()
    return decision.summary, kept.prompt, kept.reasoning, kept.answer
