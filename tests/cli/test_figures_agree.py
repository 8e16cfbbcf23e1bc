"""A figure has one value: exported from a screen, printed by `show` and `status`, watched by a rule, scraped.

The screens show the collector's board, the commands read its store; both are asked at the same moment.
"""

from __future__ import annotations

import asyncio
import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from nof1tui.cli.output.openmetrics import metric_name
from nof1tui.collector import Collector
from nof1tui.domain.alerts.metrics import WATCHED_SUBJECTS, metric_readings, watchable_figures
from nof1tui.domain.board import Board
from nof1tui.domain.board_updates import apply_batch
from nof1tui.domain.export.documents import FEEDS, LEADERBOARD
from nof1tui.domain.export.formats import json_safe
from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.figure import SubjectKind
from nof1tui.domain.figures.subjects import Subject
from nof1tui.domain.roster import Roster
from nof1tui.domain.stats.stats_cache import StatsCache
from nof1tui.sources.http.client import make_client
from nof1tui.sources.nof1.source import Nof1Source
from nof1tui.sources.recording.files import RecordingReader, SkippedFile, find_recordings
from nof1tui.sources.simulated.arena.transport import SimulatedArenaTransport
from nof1tui.store.connection.connect import Database
from nof1tui.store.connection.pool import open_pool
from nof1tui.store.embedded.lease import ServerLease
from nof1tui.store.reading.reader import Reader
from nof1tui.store.writing.writer import Writer
from nof1tui.tui.app import ArenaApp
from tests.support import simulated_season
from tests.support.arena_keys import NOF1
from tests.support.cli_types import Command
from tests.support.scenes import Clock, ScriptedEngine, until
from tests.support.textual_internals import speed_up_waiting

speed_up_waiting(500, 100)
POLLS_AFTER_S = (0, 10, 130, 700, 4_000, 60)
"""Seconds between the polls of the simulated season."""
SCREENS = {
    "leaderboard": "1",
    "positions": "2",
    "trades": "3",
    "chat": "4",
    "coins": "5",
    "stats": "6",
    "events": "7",
}
"""The key of the screen that exports each document."""
LISTS = {"positions": ("h",), "trades": ("l",), "chat": ("v", "l"), "stats": ("v", "l")}
"""The keys that focus each list of the screen of one trader."""
DOCUMENT_OF: Mapping[SubjectKind, str] = {"account": "stats", "position": "positions", "coin": "coins"}
"""The document that has the figures of a subject, of those that rules watch."""
Row = Mapping[str, Any]


class Filled(Struct, frozen=True):
    """A store with records, the board of its collector, and the time of both."""

    url: str
    board: Board
    now: datetime
    roster: Roster


@pytest.fixture(scope="module", params=["simulated", "recorded"])
def filled(
    request: pytest.FixtureRequest, postgres: ServerLease, template: str, roster: Roster
) -> Iterator[Filled]:
    name = f"test_agree_{request.param}"
    recordings = request.getfixturevalue("recordings") if request.param == "recorded" else None
    postgres.create_database(name, template)
    url = postgres.url(name)
    yield asyncio.run(
        collect_season(url, roster) if recordings is None else import_recordings(url, roster, recordings)
    )
    postgres.drop_database(name)


async def collect_season(url: str, roster: Roster) -> Filled:
    """Polls of a simulated season by the collector."""
    database, clock = open_pool(url), Clock(simulated_season.START)
    arena = simulated_season.make(seed=7, traders=7, history=timedelta(hours=60))
    client = make_client("http://arena.test/api", transport=SimulatedArenaTransport(arena, clock))
    source = Nof1Source(client, roster=roster, clock=clock)
    board = Board(roster)
    for seconds in POLLS_AFTER_S:
        clock.go(seconds=seconds)
        collector = Collector(
            source,
            Writer(database, arena=NOF1, roster=roster),
            board,
            intervals_s=dict.fromkeys(source.feeds, 10.0),
            publish=lambda board: None,
            clock=clock,
        )
        assert await collector.run_once()
        board = collector.board
    await client.aclose()
    await database.close()
    clock.go(seconds=2)
    return Filled(url, board, clock.now, roster)


async def import_recordings(url: str, roster: Roster, folder: Path) -> Filled:
    """Recorded responses, decoded, folded and written as they were received."""
    database, reader, board = open_pool(url), RecordingReader(roster), Board(roster)
    writer, newest = Writer(database, arena=NOF1, roster=roster), datetime.min.replace(tzinfo=UTC)
    for recording in find_recordings([folder]):
        batch = reader.read(recording)
        if isinstance(batch, SkippedFile):
            continue
        await writer.write(batch)
        board = apply_batch(board, batch)
        await writer.write_health(board.health.feed(batch.feed))
        newest = max(newest, batch.fetched_at)
    await database.close()
    return Filled(url, board, newest + timedelta(seconds=2), roster)


class StoreEngine(ScriptedEngine):
    """Publishes one board; its history is a store."""

    def __init__(self, board: Board, reader: Reader) -> None:
        super().__init__(board)
        self._reader = reader

    @property
    def history(self) -> Any:
        return self._reader


async def exported(
    filled: Filled, folder: Path, ago: timedelta
) -> tuple[dict[str, list[Row]], datetime | None]:
    """The rows of every screen's export, and of the lists of the first trader's screen; CSV has the same.

    With the moment of the screens: so long before the newest account row; None for live screens.
    """
    database = open_pool(filled.url)
    try:
        return await exported_with(database, filled, folder, ago)
    finally:
        await database.close()


async def exported_with(
    database: Database, filled: Filled, folder: Path, ago: timedelta
) -> tuple[dict[str, list[Row]], datetime | None]:
    engine = StoreEngine(filled.board, Reader(database, filled.roster, arena=NOF1))
    app = ArenaApp(engine, roster=filled.roster, clock=Clock(filled.now))
    found: dict[str, list[Row]] = {}
    async with app.run_test(size=(200, 60)) as pilot:

        def is_idle() -> bool:
            return all(it.group not in ("older", "prices", "export") or it.is_finished for it in app.workers)

        async def export(name: str) -> None:
            await until(pilot, is_idle)
            await pilot.press("e")
            await until(pilot, is_idle)
            files = list(folder.glob("nof1-*.json"))
            if not files:
                assert not app.visible_screen.build_export().views  # type: ignore[attr-defined]
                found[name] = []
                return
            (file,) = files
            rows = json.loads(file.read_text("utf-8"))["rows"]
            with file.with_suffix(".csv").open(encoding="utf-8", newline="") as table:
                assert list(csv.DictReader(table)) == as_cells(rows)
            file.unlink()
            file.with_suffix(".csv").unlink()
            found[name] = rows

        if ago:
            app.time_travel.go_to(newest_at(filled.board) - ago)
            await until(pilot, lambda: app.time_travel.moment is not None)
        for what, key in SCREENS.items():
            await pilot.press(key)
            await export(what)
        await pilot.press("1", "enter")
        for what, keys in LISTS.items():
            await pilot.press(*keys)
            await export(f"trader {what}")
        return found, app.time_travel.moment


def newest_at(board: Board) -> datetime:
    assert board.newest_at is not None
    return board.newest_at


def as_cells(rows: list[Row]) -> list[dict[str, str]]:
    """Rows of JSON as a CSV file has them; texts that begin like a formula have a quote."""

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return f"'{value}" if value.lstrip().startswith(("=", "+", "-", "@")) else value
        if value is None:
            return ""
        return json.dumps(json_safe(value)) if isinstance(value, list | dict | bool) else str(value)

    return [{key: cell(value) for key, value in row.items()} for row in rows]


def identity(row: Row) -> tuple[Any, ...]:
    """What names a row among those of its document."""
    if "id" in row:
        return (row["id"],)
    return tuple(row.get(key) for key in ("season", "trader", "competition", "coin"))


def by_identity(rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    found = {identity(row): row for row in rows}
    assert len(found) == len(rows)
    return found


def differences(one: Any, other: Any, path: str) -> Iterator[str]:
    """Where two values of JSON differ; numbers by more than rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key, "no key"), other.get(key, "no key"), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (item, its) in enumerate(zip(one, other, strict=True)):
            yield from differences(item, its, f"{path}[{place}]")
    elif isinstance(one, float) and isinstance(other, float):
        if not math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{path}: {one!r} and {other!r}"
    elif one != other:
        yield f"{path}: {one!r} and {other!r}"


@pytest.fixture
def printed(filled: Filled, command: Command, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a command prints, at the time of the board."""
    monkeypatch.setenv("NOF1_DATABASE_URL", filled.url)
    for handler in ("show", "status"):
        monkeypatch.setattr(f"nof1tui.cli.handlers.{handler}.utc_now", lambda: filled.now)
    return cache(lambda *arguments: command(*arguments).out)


@pytest.fixture
def shown(printed: Any) -> Any:
    """The rows of `show WHAT --json` with these options, by identity."""
    return lambda what, *options: by_identity(json.loads(printed("show", what, "--json", *options))["rows"])


PAST = [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(9, marks=pytest.mark.slow)]


@pytest.mark.parametrize("hours_ago", PAST)
def test_the_export_of_each_screen_has_the_rows_of_show(
    filled: Filled, shown: Any, tmp_path: Path, hours_ago: int
) -> None:
    exports, moment = asyncio.run(exported(filled, tmp_path, timedelta(hours=hours_ago)))
    assert (moment is None) == (hours_ago == 0)
    options = ("--as-of", moment.isoformat()) if moment else ()
    wrong = list[str]()
    for name, rows in exports.items():
        found, wanted = by_identity(rows), shown(name.removeprefix("trader "), *options)
        assert found.keys() <= wanted.keys(), name
        if name in ("leaderboard", "stats", "positions", "trades"):
            assert found.keys() == wanted.keys(), name
        for key, row in found.items():
            wrong += differences(row, wanted[key], f"{name} {key}")
    assert wrong == []


@pytest.mark.parametrize("what", ["trades", "chat", "events"])
def test_an_exported_file_has_the_rows_of_show(printed: Any, shown: Any, tmp_path: Path, what: str) -> None:
    assert "exported" in printed("export", str(tmp_path / "rows.jsonl"), "--what", what)
    lines = (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()
    found = by_identity([json.loads(line) for line in lines])
    wanted = shown(what, *(["--full"] if what == "chat" else []))
    assert wanted.keys() <= found.keys()
    assert {found[key]["kind"] for key in found.keys() - wanted.keys()} <= {"closed"}  # those with a trade
    assert [line for key, row in wanted.items() for line in differences(row, found[key], str(key))] == []


def test_a_rule_watches_the_value_that_show_prints(filled: Filled, printed: Any, shown: Any) -> None:
    rows = {subject: shown(what) for subject, what in DOCUMENT_OF.items()}
    feeds = json.loads(printed("status", "--json"))["feeds"]
    views, watched, wrong = Views(filled.board, filled.now, StatsCache()), set[SubjectKind](), list[str]()
    figures = watchable_figures(catalogue.default_catalogue())
    for figure in (each for subject in WATCHED_SUBJECTS for each in figures.of(subject)):
        for reading in metric_readings(figure, views):
            its, subject = reading.subject, figure.subject
            row = feeds[its.feed] if subject == "feed" else rows[subject][identity_of(its)]
            wrong += differences(reading.value, number(row[figure.key]), f"{figure.key} of {its.key}")
            watched.add(subject)
    assert wrong == []
    assert "feed" in watched


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def identity_of(subject: Subject) -> tuple[Any, ...]:
    """The identity of the row that describes this subject."""
    account = subject.account
    if account is None:
        return (None, None, None, subject.coin)
    return (account.season, account.trader, account.competition or None, subject.coin)


SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")
LABEL = re.compile(r'(\w+)="([^"]*)"')


def test_a_sample_of_openmetrics_has_the_value_that_show_and_status_print(
    filled: Filled, printed: Any
) -> None:
    samples = {
        (name, tuple(sorted(LABEL.findall(labels)))): float(value)
        for name, labels, value in SAMPLE.findall(printed("status", "--metrics-traders"))
    }
    expected = {}
    for row in json.loads(printed("show", "leaderboard", "--json"))["rows"]:
        labels = {key: row[key] or "" for key in ("trader", "season", "competition")}
        expected |= samples_of(LEADERBOARD, row, labels)
    for feed, row in json.loads(printed("status", "--json"))["feeds"].items():
        expected |= samples_of(FEEDS, row, {"feed": feed})
    names = {name for name, _ in expected}
    assert {key: value for key, value in samples.items() if key[0] in names} == pytest.approx(expected)


def samples_of(document: Any, row: Row, labels: Mapping[str, str]) -> dict[tuple[str, Any], float]:
    """The samples of the row's figures that are numbers, times or flags and known."""
    found = {}
    for figure in document.figures():
        value = row[figure.key]
        if value is None or not (figure.is_numeric or figure.unit in ("time", "flag")):
            continue
        if figure.unit == "time":
            value = datetime.fromisoformat(value).timestamp()
        name = metric_name(figure) + ("_total" if figure.unit == "counter" else "")
        found[name, tuple(sorted(labels.items()))] = float(value)
    return found
