"""Binary arrays: PostgreSQL reads the packed values."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nof1tui.store.writing.binary_arrays import ARRAY_PACKERS, PackedArray, register_array_dumpers

TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "float8": st.floats(allow_nan=False),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "timestamptz": TIMES,
}


async def send_and_read(url: str, kind: str, packed: PackedArray) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(url, options="-c timezone=UTC") as db:
        register_array_dumpers(db)
        row = await (await db.execute(f"SELECT %s::{kind}[]".encode(), (packed,))).fetchone()
        assert row is not None
        return list(row[0])


@pytest.mark.parametrize("kind", KINDS)
def test_packed_values_are_read_back_equal(database_url: str, kind: str) -> None:

    @given(st.lists(st.none() | KINDS[kind], max_size=12))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    def check(values: list[Any]) -> None:
        read = asyncio.run(send_and_read(database_url, kind, ARRAY_PACKERS[kind](values)))
        assert read == values
        assert [str(value) for value in read] == [str(value) for value in values]

    check()


def test_a_number_out_of_range_raises_overflow_error() -> None:

    with pytest.raises(OverflowError):
        ARRAY_PACKERS["int4"]([2**31])
