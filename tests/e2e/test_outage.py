"""A store that is disconnected or unresponsive for a while: no served record is lost by any kill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest

from tests.support.crash_bench import Collector, Wire, until

ENDLESS = 10_000


@pytest.fixture
def home(bare_home: dict[str, str]) -> dict[str, str]:
    """Data folders without a cluster."""
    return bare_home


@pytest.fixture
def wire(database_url: str, home: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The test's database behind a proxy that the environment names."""
    parts = urlsplit(database_url)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    folder = tmp_path_factory.mktemp("w")
    made = Wire(folder, f"{options['host']}/.s.PGSQL.5432")
    made.mend()
    query = urlencode({**options, "host": str(folder)})
    home["NOF1_DATABASE_URL"] = f"postgresql://{parts.path}?{query}"
    yield made
    made.cut()


def prices_in(url: str) -> list[int]:
    with closing(psycopg.connect(url)) as db:
        return [int(value) for (value,) in db.execute("SELECT price FROM nof1.prices ORDER BY ts").fetchall()]


def spool_files(home: dict[str, str]) -> list[Path]:
    return list((Path(home["XDG_STATE_HOME"]) / "nof1-tui" / "spool").glob("*/*.spool"))


def assert_written(home: dict[str, str], served: list[int], url: str) -> None:
    """The next collector writes the records that the previous one could not, once each and in order."""
    left = spool_files(home)
    assert left
    successor = Collector(home, ENDLESS, first_price=served[-1] + 1_000)
    try:
        until(lambda: set(served) <= set(prices_in(url)))
        until(lambda: not any(path.exists() for path in left))
        prices = prices_in(url)
        assert prices == sorted(set(prices))
    finally:
        successor.kill()


@pytest.mark.parametrize("fault", ["cut", "silence"])
def test_records_served_in_an_outage_survive_a_killed_collector(
    home: dict[str, str], wire: Wire, database_url: str, fault: str
) -> None:
    collector = Collector(home, ENDLESS)
    until(lambda: len(collector.prices) > 20)
    getattr(wire, fault)()
    until(lambda: max(collector.waiting, default=0) > 0)
    begun = len(collector.prices)
    until(lambda: len(collector.prices) > begun + 60)
    collector.kill()
    wire.cut()
    wire.mend()
    assert_written(home, collector.prices[:-2], database_url)


def test_a_collector_terminated_in_an_outage_leaves_its_records_to_the_next(
    home: dict[str, str], wire: Wire, database_url: str
) -> None:
    collector = Collector(home, ENDLESS)
    until(lambda: len(collector.prices) > 20)
    wire.silence()
    begun = len(collector.prices)
    until(lambda: len(collector.prices) > begun + 10)
    assert collector.terminate() < 2.0
    wire.cut()
    wire.mend()
    assert_written(home, collector.prices[:-1], database_url)


def test_an_outage_is_counted_and_its_records_are_written_in_order(
    home: dict[str, str], wire: Wire, database_url: str
) -> None:
    collector = Collector(home, ENDLESS)
    try:
        until(lambda: len(collector.prices) > 20)
        wire.cut()
        until(lambda: max(collector.waiting, default=0) >= 30)
        until(lambda: bool(spool_files(home)))
        wire.mend()
        served = collector.prices
        until(lambda: served[-1] in prices_in(database_url))
        until(lambda: collector.waiting[-1] == 0)
        assert prices_in(database_url)[: len(served)] == served
        until(lambda: not spool_files(home))
    finally:
        collector.kill()
