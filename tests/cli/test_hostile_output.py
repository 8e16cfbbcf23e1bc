"""Hostile text on stdout: tables, CSV and JSON of `show`, the text of `status`, the log."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from nof1tui.cli.logs import JsonFormatter, PlainFormatter
from nof1tui.cli.output import tables
from nof1tui.cli.output.status_table import print_status_table
from nof1tui.cli.show import columns, record_views
from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.export.documents import DOCUMENTS
from nof1tui.domain.export.formats import as_csv, as_json
from nof1tui.domain.export.rows import rows_of
from nof1tui.domain.figures.arena_view import ArenaView, CollectorView, StoreView
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.health import FeedHealth, Health
from nof1tui.domain.records import (
    AccountKey,
    DecisionTexts,
    Feed,
    Price,
    Reconciliation,
    ReconciliationVerdict,
)
from nof1tui.domain.stats.stats_cache import StatsCache
from tests.support.hostile import EVIL, NOW, hostile_board, roster, trade, unsafe_characters

BOARD = hostile_board()
BOARD_VIEWS = Views(BOARD, NOW, StatsCache())
VIEWS: dict[str, Sequence[Any]] = {
    "leaderboard": BOARD_VIEWS.accounts,
    "positions": BOARD_VIEWS.positions,
    "trades": record_views.trade_views([trade(1), trade(2)], roster()),
    "prices": record_views.price_views([Price(EVIL, 11.0, NOW, NOW)]),
    "events": record_views.event_views(BOARD.events, roster()),
    "chat": record_views.decision_views(BOARD.decisions, BOARD),
}
ROWS = {what: rows_of(DOCUMENTS[what], views) for what, views in VIEWS.items()}


@pytest.mark.parametrize("what", ROWS)
def test_a_table_has_no_unsafe_characters(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    for width in (40, 100, None):
        tables.Printer(width).print_table(columns.printed_columns(what), VIEWS[what])
    printed = capsys.readouterr().out
    assert "[bold]" in printed
    assert unsafe_characters(printed) == []


def test_a_full_chat_has_no_unsafe_characters(capsys: pytest.CaptureFixture[str]) -> None:
    view = VIEWS["chat"][0]
    decision = replace(view.decision, texts=DecisionTexts(EVIL, EVIL, EVIL))
    tables.Printer(100).print_line(columns.render_full_chat(replace(view, decision=decision)))
    assert unsafe_characters(capsys.readouterr().out) == []


@pytest.mark.parametrize("what", ROWS)
def test_json_is_exact_without_unsafe_characters(what: str) -> None:
    document = as_json({"rows": ROWS[what]})
    assert unsafe_characters(document) == []
    assert any(EVIL in row.values() for row in json.loads(document)["rows"])


@pytest.mark.parametrize("what", ROWS)
def test_csv_has_no_unsafe_characters(what: str) -> None:
    document = as_csv(DOCUMENTS[what].keys(), ROWS[what])
    assert unsafe_characters(document) == []
    assert len(list(csv.reader(io.StringIO(document)))) == len(ROWS[what]) + 1


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r\n=1", " =1", "\x1b[m=1", "\u200b=1", "＝1"],
)
def test_a_text_that_begins_like_a_formula_is_escaped_in_csv(formula: str) -> None:
    [_, [cell]] = csv.reader(io.StringIO(as_csv(["coin"], [{"coin": formula}])))
    assert cell.startswith("'")


def test_numbers_in_csv_remain_numbers() -> None:
    assert as_csv(["net_usd", "n"], [{"net_usd": -1.5, "n": -2}]) == "net_usd,n\n-1.5,-2\n"


def test_status_has_no_unsafe_characters(capsys: pytest.CaptureFixture[str]) -> None:
    verdicts: tuple[ReconciliationVerdict, ...] = ("agrees", "checking", "drift", "unchecked")
    arena = ArenaView(
        NOW,
        EVIL,
        Health({Feed.ACCOUNTS: FeedHealth(Feed.ACCOUNTS, failure=EVIL, status=500)}),
        CollectorView("collector", EVIL),
        StoreView(EVIL, EVIL, rows={EVIL: 3}),
        checks=tuple(
            Reconciliation(
                AccountKey(EVIL, EVIL, EVIL), verdict, NOW, reason=EVIL, drift_usd=1.0, drift_pct=1.0
            )
            for verdict in verdicts
        ),
        drift=(SchemaDrift(EVIL, EVIL, EVIL, NOW, EVIL),),
    )
    print_status_table(arena)
    assert unsafe_characters(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    "form", [PlainFormatter(with_origin=False), PlainFormatter(with_origin=True), JsonFormatter()]
)
def test_a_log_line_has_no_unsafe_characters_and_is_one_line(form: logging.Formatter) -> None:
    fields = {"msg": "failed: %s", "args": (EVIL,), "levelname": "WARNING", "name": EVIL}
    record = logging.makeLogRecord(fields)
    record.reason = EVIL
    line = form.format(record)
    assert unsafe_characters(line) == []
    assert "\n" not in line
