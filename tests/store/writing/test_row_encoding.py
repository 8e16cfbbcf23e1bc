"""Hashes of stored content: they must stay what they were when the rows were written."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from nof1tui.domain.records import AccountKey, Decision, DecisionTexts, Signal
from nof1tui.store.writing.row_encoding import hash_decision

AT = datetime(2025, 10, 26, 4, 0, 0, 123456, tzinfo=UTC)
ACCOUNT = AccountKey("season-1", "gpt-5")
SIGNAL = Signal(
    *("BTC", "hold", 0.5, 10.0, 120000.0, 100000.0, 500.0, 0.7, "4h close below 100'000", "it's fine")
)
TEXTS = DecisionTexts('p\n"x"', "r", "{}")
FULL = Decision(
    *("2", AccountKey("season-1", "gpt-5", "main"), AT, AT, "sum", (SIGNAL,), True, AT, 7, "run", "skill"),
    *(TEXTS, '{"a":1}'),
)
PARTIAL = Decision(
    "3", ACCOUNT, AT, AT, "é\u2028", (SIGNAL, Signal("ETH", "close_position")), texts=DecisionTexts()
)


@pytest.mark.parametrize(
    ("decision", "digest"),
    [
        (Decision("1", ACCOUNT, AT, AT), "7a2be81d36e819b7ce55331373b80773"),
        (FULL, "abe49b3a9e656c28598bae1028083d29"),
        (PARTIAL, "ef3a0159a0d3e2272b482bb23fad0c96"),
    ],
)
def test_a_decision_has_the_hash_that_version_0_1_stored(decision: Decision, digest: str) -> None:
    assert hash_decision(decision).hex() == digest


def test_the_hash_of_a_decision_does_not_depend_on_the_names_of_classes() -> None:
    renamed = msgspec.defstruct("Order", Signal.__struct_fields__, frozen=True)
    signals = (renamed(**msgspec.structs.asdict(SIGNAL)),)
    assert hash_decision(msgspec.structs.replace(FULL, signals=signals)) == hash_decision(FULL)


@pytest.mark.parametrize("field", [name for name in Decision.__struct_fields__ if name != "id"])
def test_every_field_but_the_time_of_the_fetch_changes_the_hash(field: str) -> None:
    other = {"account": ACCOUNT, "signals": ()}.get(field)
    changed = msgspec.structs.replace(FULL, **{field: other})
    assert (hash_decision(changed) == hash_decision(FULL)) == (field == "fetched_at")


@pytest.mark.parametrize("field", Signal.__struct_fields__)
def test_every_field_of_a_signal_changes_the_hash(field: str) -> None:
    changed = msgspec.structs.replace(FULL, signals=(msgspec.structs.replace(SIGNAL, **{field: None}),))
    assert hash_decision(changed) != hash_decision(FULL)
