"""Tables printed on the terminal."""

from __future__ import annotations

import re

import pytest

from nof1tui.cli.output.tables import PrintedColumn, Printer
from nof1tui.cli.show.columns import printed_columns
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.records import Feed
from nof1tui.domain.roster import Roster
from nof1tui.domain.stats.stats_cache import StatsCache
from tests.support.builders import account_row, at, batch, board, position


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("what", ["leaderboard", "positions"])
def test_a_table_fits_the_width_and_cuts_no_figure(
    roster: Roster, capsys: pytest.CaptureFixture[str], what: str, width: int
) -> None:
    rows = (account_row("gpt-5", equity=1_234_567.89, positions=(position(),)), account_row("qwen3-max"))
    made = board(roster, batch(Feed.ACCOUNTS, accounts=rows))
    views, columns = Views(made, at(1), StatsCache()), printed_columns(what)
    Printer(width).print_table(columns, views.accounts if what == "leaderboard" else views.positions)
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= width
    if width >= 60:
        assert "…" not in "".join(lines)
    if width >= 80 and what == "leaderboard":
        assert "$1,234,567.89" in "".join(lines)
    hidden = len(columns) - sum(column.title in re.split(" {2,}", lines[0].strip()) for column in columns)
    assert (f"+{hidden} columns left out" in "".join(lines)) == (hidden > 0)


def test_a_text_too_long_for_its_line_is_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (
        PrintedColumn("A", lambda row: "x"),
        PrintedColumn("Says", lambda row: row["text"], align_right=False, wraps=True),
    )
    Printer(30).print_table(columns, [{"text": "many words " * 10}])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 4
    assert max(map(len, lines)) <= 30
    assert " ".join(" ".join(line.split()) for line in lines[2:]).count("many words") == 10


def test_markup_and_emoji_codes_in_records_are_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(60).print_table(
        (PrintedColumn("Says", lambda row: row["text"]),), [{"text": "[red]:smile: [/nope]"}]
    )
    Printer(60).print_line("[bold]:smile:[/bold]")
    printed = capsys.readouterr().out
    assert "[red]:smile: [/nope]" in printed
    assert "[bold]:smile:[/bold]" in printed
