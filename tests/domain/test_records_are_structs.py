"""Records of the domain and its ports: immutable values with equality, hash, repr and encoding by field."""

from __future__ import annotations

import dataclasses
import itertools
import pickle
from typing import Any

import msgspec
import pytest
from msgspec import Struct, structs

from nof1tui.domain.board import Board
from nof1tui.domain.events.detector import EventDetector
from nof1tui.domain.figures.figure import Figure
from nof1tui.domain.fills.open_position import OpenPosition
from nof1tui.domain.fills.wallet_history import WalletHistory
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.domain.series.curve import Curve
from tests.support.record_samples import DATACLASSES, FROZEN, RECORDS, sample

NOT_STRUCTS = {
    Roster: "has an index that is built after init and is not part of its value",
    PlausibilityFilter: "a service with state, not a record",
    WalletHistory: "a service with state, not a record",
}
MUTABLE = {EventDetector, OpenPosition}
"""State that a function builds up; copied before it is shared."""
NOT_COMPARED = {Board: ("event_window", "early_inceptions"), Curve: ("buffer",)}

every_record = pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
every_frozen_record = pytest.mark.parametrize("kind", FROZEN, ids=lambda kind: kind.__name__)


def compared(kind: type[Struct]) -> tuple[str, ...]:
    return tuple(name for name in kind.__struct_fields__ if name not in NOT_COMPARED.get(kind, ()))


def is_hashable(value: object) -> bool:
    try:
        hash(value)
    except (TypeError, ValueError):
        return False
    return True


def test_records_are_structs_but_for_a_few_classes() -> None:
    assert set(NOT_STRUCTS) == DATACLASSES
    assert len(RECORDS) > 80
    assert {kind for kind in RECORDS if not kind.__struct_config__.frozen} == MUTABLE


@every_frozen_record
def test_fields_cannot_be_set(kind: type[Struct]) -> None:
    record, name = sample(kind), kind.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(record, name, None)
    assert not hasattr(record, "__dict__")


@every_record
def test_records_are_equal_by_their_fields(kind: type[Struct]) -> None:
    one, twin = sample(kind), sample(kind)
    assert one == twin
    assert one is not twin
    assert one != tuple(getattr(one, name) for name in kind.__struct_fields__)
    for name in kind.__struct_fields__:
        value = object()
        changed = structs.replace(one, **{name: value})
        assert getattr(changed, name) is value
        assert (changed == one) is (name not in compared(kind))
        others = [other for other in kind.__struct_fields__ if other != name]
        assert all(getattr(changed, other) is getattr(one, other) for other in others)


@every_record
def test_records_of_different_kinds_are_never_equal(kind: type[Struct]) -> None:
    record = sample(kind)
    twin_class = type(
        kind.__name__, (Struct,), {"__annotations__": dict.fromkeys(kind.__struct_fields__, Any)}
    )
    assert record != twin_class(**{name: getattr(record, name) for name in kind.__struct_fields__})


@every_frozen_record
def test_equal_records_have_equal_hashes_where_all_fields_have_one(kind: type[Struct]) -> None:
    one, twin = sample(kind), sample(kind)
    if all(is_hashable(getattr(one, name)) for name in compared(kind)):
        assert hash(one) == hash(twin)
        assert len({one, twin, sample(kind, 2)}) == 2
    else:
        assert not is_hashable(one)


@pytest.mark.parametrize(
    "kind", sorted(MUTABLE, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_mutable_state_cannot_be_hashed(kind: type[Struct]) -> None:
    assert not is_hashable(sample(kind))


@every_record
def test_only_account_keys_are_ordered(kind: type[Struct]) -> None:
    if kind is AccountKey:
        keys = [AccountKey(*names) for names in itertools.product("ab", repeat=3)]
        assert sorted([*keys[4:], *keys[:4]]) == keys
        assert max(keys) == AccountKey("b", "b", "b")
    else:
        with pytest.raises(TypeError):
            sorted([sample(kind), sample(kind, 2)])


@every_record
def test_a_record_shows_its_fields(kind: type[Struct]) -> None:
    record = sample(kind)
    shown = ", ".join(f"{name}={getattr(record, name)!r}" for name in kind.__struct_fields__)
    assert repr(record) == f"{kind.__name__}({shown})"


@every_record
def test_fields_as_a_dictionary_make_the_same_record(kind: type[Struct]) -> None:
    record = sample(kind)
    assert kind(**structs.asdict(record)) == record
    assert tuple(structs.asdict(record)) == kind.__struct_fields__


@every_record
def test_a_pickled_record_comes_back_equal(kind: type[Struct]) -> None:
    record = sample(kind)
    try:
        pickled = [pickle.dumps(getattr(record, name)) for name in kind.__struct_fields__]
    except TypeError:  # views, buffers and read-only mappings cannot be pickled, nor can what holds them
        with pytest.raises(TypeError):
            pickle.dumps(record)
    else:
        assert pickled
        assert pickle.loads(pickle.dumps(record)) == record


@every_record
def test_a_record_is_encoded_as_a_dataclass_of_the_same_fields(kind: type[Struct]) -> None:
    record = sample(kind)
    twin = dataclasses.make_dataclass(kind.__name__, kind.__struct_fields__)
    fields = {name: getattr(record, name) for name in kind.__struct_fields__}
    try:
        expected = msgspec.msgpack.encode(twin(**fields))
    except TypeError:  # functions and views cannot be encoded
        with pytest.raises(TypeError):
            msgspec.msgpack.encode(record)
    else:
        assert msgspec.msgpack.encode(record) == expected


def test_a_function_in_a_field_is_not_bound_to_the_record() -> None:
    figure = Figure[Any](key="n", subject="account", unit="count", title="N", description="N.", read=len)
    assert figure.read is len
