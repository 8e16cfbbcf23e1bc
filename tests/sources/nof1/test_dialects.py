"""Dialects of the API over a true arena: the board is the true one, or each difference is marked."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.roster import Roster
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT
from nof1tui.sources.nof1.identities import IdentityRegister
from tests.support.dialects.scene import Scene, Variation
from tests.support.dialects.variations import VARIATIONS
from tests.support.simulated_season import START, ask, make

Json = dict[str, Any]
RECORDS_PER_BODY = 12
PLACES = {
    "accounts": {
        "realized_usd": "account.realized_pnl", "sharpe_reported": "account.sharpe_ratio",
        "hourly_marker": "account.since_inception_hourly_marker",
        "minute_marker": "account.since_inception_minute_marker",
    },
    "positions": {
        "quantity": "position.side", "leverage": "position.leverage", "margin_usd": "position.margin",
        "liquidation_price": "position.liquidation_price", "closed_pnl_usd": "position.closed_pnl",
        "commission_usd": "position.commission", "risk_usd": "position.risk_usd",
        "confidence": "position.confidence", "entry_at": "position.entry_time",
        "entry_price": "position.entry_price", "entry_oid": "position.entry_oid", "oid": "position.oid",
        "tp_oid": "position.tp_oid", "sl_oid": "position.sl_oid",
    },
    "trades": {
        "quantity": "trade.side", "side": "trade.side", "fees_usd": "trade.total_commission_dollars",
        "entry_fee_usd": "trade.entry_commission_dollars", "exit_fee_usd": "trade.exit_commission_dollars",
        "entry_closed_usd": "trade.entry_closed_pnl", "exit_closed_usd": "trade.exit_closed_pnl",
        "entry_at": "trade.entry_time", "entry_price": "trade.entry_price", "entry_oid": "trade.entry_oid",
        "exit_oid": "trade.exit_oid", "entry_tid": "trade.entry_tid", "exit_tid": "trade.exit_tid",
    },
    "decisions": {"cycle": "decision.cycle_id"},
}  # fmt: skip
"""The drift that marks a difference in a field, by kind of record. In all other fields none is allowed."""


@cache
def true_bodies(seed: int) -> dict[str, Json]:
    """The answers of a simulated arena, cut to a few records of each list."""
    arena = make(seed, 4, timedelta(hours=26))
    bodies = {endpoint: ask(arena, endpoint) for endpoint in ENVELOPE_KEY_BY_ENDPOINT}
    dice = random.Random(seed)
    for endpoint, key in ENVELOPE_KEY_BY_ENDPOINT.items():
        records = bodies[endpoint][key]
        if isinstance(records, list) and len(records) > RECORDS_PER_BODY:
            kept = sorted(dice.sample(range(len(records)), RECORDS_PER_BODY))
            bodies[endpoint][key] = [records[number] for number in kept]
    for decision in bodies["conversations"]["conversations"]:
        decision["user_prompt"] = decision["user_prompt"][:80]
    return bodies


def scene_of(seed: int, variations: frozenset[Variation], dice: random.Random, share: float) -> Scene:
    truth = copy.deepcopy(true_bodies(seed))
    scene = Scene(copy.deepcopy(truth), truth, dice, share)
    for variation in VARIATIONS:
        if variation in variations:
            variation(scene)
    return scene


class Reader:
    """Decodes bodies as the source does in one run, and keeps the board."""

    def __init__(self) -> None:
        self.roster = Roster()
        self.plausibility = PlausibilityFilter(self.roster.capital)
        self.identities = IdentityRegister()
        self.board = Board(self.roster)

    def read(self, endpoint: str, body: bytes) -> Batch:
        batch = decode_body(
            endpoint,
            body,
            fetched_at=START,
            roster=self.roster,
            plausibility=self.plausibility,
            clock_ahead=timedelta(0),
            identities=self.identities,
        )
        self.board = apply_batch(self.board, batch)
        return batch


def records_of(batch: Batch, *, loose_ids: bool) -> dict[str, dict[Any, Json]]:
    """The records of a batch as mappings, by kind and identity; positions are a kind of their own."""
    found: dict[str, dict[Any, Json]] = {"positions": {}}
    for row in batch.accounts:
        found.setdefault("accounts", {})[row.account, row.observed_at] = _plain(row, "positions")
        for position in row.positions:
            found["positions"][row.account, row.observed_at, position.coin] = _plain(position)
    for trade in batch.trades:
        same = trade.account, trade.coin, trade.exit_at, abs(trade.quantity or 0.0), trade.exit_price
        found.setdefault("trades", {})[same] = _plain(trade, *(("id",) if loose_ids else ()))
    for decision in batch.decisions:
        plain = _plain(decision, *(("id", "texts") if loose_ids else ("texts",)))
        found.setdefault("decisions", {})[decision.account, decision.at] = plain
    for price in batch.prices:
        found.setdefault("prices", {})[price.coin] = _plain(price)
    for item in batch.analytics:
        tables = {key: value for key, value in json.loads(item.tables).items() if key.endswith("_table")}
        found.setdefault("analytics", {})[item.account] = {"updated_at": item.updated_at, "tables": tables}
    for inception in batch.inceptions:
        found.setdefault("inceptions", {})[inception.account] = _plain(inception)
    return found


def _plain(record: msgspec.Struct, *without: str) -> Json:
    plain = msgspec.structs.asdict(record)
    return {name: value for name, value in plain.items() if name not in ("extra", *without)}


def differences(true: Batch, read: Batch, *, loose_ids: bool) -> Iterator[tuple[str, Any, str]]:
    """Kind, identity and field of what differs; the field is empty where a record is missing or too many."""
    expected, found = (records_of(batch, loose_ids=loose_ids) for batch in (true, read))
    for kind in expected.keys() | found.keys():
        ours, theirs = expected.get(kind, {}), found.get(kind, {})
        yield from ((kind, same, "") for same in ours.keys() ^ theirs.keys())
        for same in ours.keys() & theirs.keys():
            for name, value in ours[same].items():
                if theirs[same][name] != value:
                    yield kind, same, name


def silent(found: list[tuple[str, Any, str]], batch: Batch) -> list[tuple[str, Any, str]]:
    """The differences that neither quarantine nor drift marks."""
    marked = {_spelling(drift.field) for drift in batch.drift}
    return [
        (kind, same, name)
        for kind, same, name in found
        if (not batch.rejects if not name else _spelling(PLACES.get(kind, {}).get(name, "")) not in marked)
    ]


def _spelling(place: str) -> str:
    return place.replace("_", "").lower().replace("trade.fees", "trade.totalcommissiondollars")


def check(scene: Scene) -> int:
    """Read the scene twice beside its truth; returns the number of bodies."""
    true, read, bodies, is_equal = Reader(), Reader(), 0, True
    for endpoint, body in scene.truth.items():
        expected = true.read(endpoint, json.dumps(body).encode())
        assert not expected.rejects
        first = read.read(endpoint, scene.body(endpoint))
        found = list(differences(expected, first, loose_ids=endpoint in scene.loose_ids))
        missed = silent(found, first)
        assert not missed, (endpoint, missed[:3])
        is_equal = is_equal and not found
        board = read.board
        again = read.read(endpoint, scene.body(endpoint))
        assert not list(differences(first, again, loose_ids=False)), endpoint
        assert read.board.trades == board.trades, "a second poll made other trades"
        assert [item.id for item in read.board.decisions] == [item.id for item in board.decisions]
        bodies += 2
    if is_equal:
        assert figures(read.board) == figures(true.board)
    return bodies


def figures(board: Board) -> list[tuple[Any, ...]]:
    """What the ranking shows."""
    return [
        (row.rank, row.account, row.equity_usd, row.return_pct, row.max_drawdown_pct, row.unrealized_usd,
         row.positions, row.exposure_gross, row.stats)
        for row in board.leaderboard
    ]  # fmt: skip


@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda variation: variation.__name__)
def test_each_variation_alone_gives_the_true_board_or_marks_what_differs(variation: Variation) -> None:
    for share in (1.0, 0.4):
        check(scene_of(3, frozenset({variation}), random.Random(share), share))


MIXTURES = st.tuples(
    st.integers(1, 5),
    st.frozensets(st.sampled_from(VARIATIONS), min_size=1, max_size=10),
    st.integers(0, 2**32).map(random.Random),
    st.sampled_from((1.0, 0.6, 0.2)),
)


@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(MIXTURES)
def test_any_mixture_of_variations_gives_the_true_board_or_marks_what_differs(
    mixture: tuple[int, frozenset[Variation], random.Random, float],
) -> None:
    check(scene_of(*mixture))


@pytest.mark.slow
def test_ten_thousand_bodies_of_mixed_dialects_have_no_silent_difference() -> None:
    bodies, dice = 0, random.Random(18)
    while bodies < 10_000:
        seed, count, share = dice.randint(1, 9), dice.randint(1, 12), dice.choice((1.0, 0.6, 0.2))
        mixture = frozenset(dice.sample(VARIATIONS, count))
        name = dice.getrandbits(32)
        try:
            bodies += check(scene_of(seed, mixture, random.Random(name), share))
        except Exception as error:
            error.add_note(f"arena {seed}, share {share}, dice {name}: {sorted(v.__name__ for v in mixture)}")
            raise
