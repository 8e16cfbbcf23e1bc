"""A figure is declared once: by one function, screens, documents, rules, metrics and docs have it."""

from __future__ import annotations

import csv
import io
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nof1tui.domain.alerts.evaluate import AlertState, evaluate_rules
from nof1tui.domain.alerts.parser import RuleConfig, parse_rules
from nof1tui.domain.export.schemas import schemas
from nof1tui.domain.figures import catalogue
from nof1tui.domain.figures.figure import declare
from nof1tui.domain.figures.views import AccountView, Observation
from nof1tui.domain.metrics.figure_value import FigureValue, figure_value
from tests.support import scenes
from tests.support.builders import account_row, at, batch
from tests.support.cli_types import Command
from tests.support.paths import ROOT


@declare(
    AccountView, "account", "ratio", "Luck", group="risk", minimum_n=1, sound_n=3, counted="coins thrown",
    documents=("leaderboard", "equity"), inputs=("equity_usd",), aliases=("fortune",),
    renamed_from=("chance",), best="high",
)  # fmt: skip
def luck(account: AccountView | Observation) -> FigureValue:
    """Equity divided by a thousand.

    Formula: equity / 1,000
    """
    return figure_value(account.row.equity_usd / 1_000.0, 2, "coins thrown", sound=3)


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    with_luck = catalogue.default_catalogue().with_figure(luck)
    monkeypatch.setattr(catalogue, "default_catalogue", lambda: with_luck)


@pytest.fixture
def store(on_store: Command, keep: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Command:
    """`nof1-tui` on a store with two accounts, of 10,500 and 9,000 USD."""
    monkeypatch.setattr("nof1tui.cli.handlers.show.utc_now", lambda: at(1))
    rows = (account_row("gpt-5", 0, 10_500.0), account_row("qwen3-max", 0, 9_000.0))
    keep(batch(accounts=rows))
    return on_store


def lines(command: Command, *arguments: str) -> list[str]:
    result = command(*arguments)
    assert result.code == 0, result.err
    return result.out.splitlines()


@pytest.mark.parametrize("what", ["leaderboard", "stats"])
def test_show_has_it_in_table_json_schema_and_csv(store: Command, what: str) -> None:
    document = json.loads("".join(lines(store, "show", what, "--json")))
    assert [(row["trader"], row["luck"]) for row in document["rows"]] == [("gpt-5", 10.5), ("qwen3-max", 9.0)]
    schema = schemas()[what]
    jsonschema.validate(document, schema)
    assert schema["properties"]["rows"]["items"]["properties"]["luck"] == {
        "description": "Equity divided by a thousand.",
        "x-formula": "equity / 1,000",
        "x-source": "computed",
        "x-minimum-n": 1,
        "type": ["number", "null"],
    }
    table = list(csv.DictReader(lines(store, "show", what, "--csv")))
    assert [row["luck"] for row in table] == ["10.5", "9.0"]
    assert lines(store, "show", what, "--csv", "--columns", "luck, trader") == [
        "luck,trader", "10.5,gpt-5", "9.0,qwen3-max",
    ]  # fmt: skip
    printed = lines(store, "show", what, "--columns", "name,fortune")
    assert [line.split() for line in printed[1:]] == [
        ["Model", "Luck"], ["GPT", "5", "10.50?"], ["Qwen3", "Max", "9.00?"],
    ]  # fmt: skip


def test_show_stats_has_its_observations(store: Command) -> None:
    row = json.loads("".join(lines(store, "show", "stats", "--json")))["rows"][0]
    basis = row["basis"]["luck"]
    assert (basis["n"], basis["counted"], basis["marks"]) == (2, "coins thrown", ["weak"])
    assert row["reasons"]["luck"] == basis["reason"] == "2 of 3 coins thrown"


def test_show_explains_and_lists_it(store: Command) -> None:
    text = "\n".join(lines(store, "show", "stats", "--trader", "gpt-5", "--explain", "luck"))
    for part in (
        "Luck (luck): Equity divided by a thousand.",
        "equity / 1,000",
        "1 coins thrown, weak below 3",
    ):
        assert part in text
    assert "GPT 5  10.50?  2 of 3 coins thrown" in text
    listed = "\n".join(lines(store, "show", "leaderboard", "--explain", "list"))
    assert "Equity divided by a thousand." in listed


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_exported_files_have_it(store: Command, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"equity{suffix}"
    lines(store, "export", str(file), "--what", "equity")
    values: list[Any]
    if suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        values = parquet.read_table(file).column("luck").to_pylist()
    else:
        text = file.read_text("utf-8")
        rows: Any = (
            csv.DictReader(io.StringIO(text)) if suffix == ".csv" else map(json.loads, text.splitlines())
        )
        values = [float(row["luck"]) for row in rows]
    assert sorted(values) == [9.0, 10.5]


def test_openmetrics_has_it_by_account(store: Command) -> None:
    text = store("status", "--metrics-traders").out
    assert "# HELP nof1_luck Equity divided by a thousand." in text
    assert 'nof1_luck{trader="gpt-5",season="s1",competition=""} 10.5' in text


def test_rules_watch_it_by_its_key_its_short_and_its_former_name(store: Command, tmp_path: Path) -> None:
    rules = parse_rules(
        [RuleConfig(when=f"{name} > 20", at_start=True) for name in ("luck", "fortune", "chance")]
    )
    (first, *_) = alerts = evaluate_rules(rules, AlertState(), scenes.board(), scenes.NOW).alerts
    assert len(alerts) == 3
    assert first.subject.account == scenes.account("deepseek-chat-v3.1")
    assert first.value == pytest.approx(21.61074)
    config = tmp_path / "config" / "nof1-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[[alert]]\nname = "lucky"\nwhen = "chance > 10"\n')
    result = store("alerts", "list")
    assert "luck" in result.out
    assert "chance is now account.luck; the old name keeps working" in result.err


def test_docs_have_a_row_in_each_table() -> None:
    block = runpy.run_path(str(ROOT / ".ci" / "figure_tables.py"))["block"]
    needs = "coins thrown, weak below 3"
    row = f"| `luck` | Equity divided by a thousand. | `equity / 1,000` | {needs} |  |"
    assert row in block("account risk").splitlines()
    assert "| `luck` | account |  | Equity divided by a thousand. |" in block("alerts").splitlines()
    assert "| `chance` | `account.luck` |" in block("former names").splitlines()


async def test_the_stats_screen_has_a_column_with_a_tooltip_an_explanation_and_an_export(
    tmp_path: Path,
) -> None:
    app = scenes.make_app(scenes.ScriptedEngine(scenes.board()))
    async with app.run_test(size=(700, 40)) as pilot:
        await scenes.until(pilot, lambda: app.board is not None)
        await pilot.press("6")
        table = app.numbered["stats"].table
        await scenes.until(pilot, lambda: bool(table.shown))
        assert "Luck" in scenes.screen_text(app)
        assert "21.61" in scenes.screen_text(app)
        column = next(column for column in table.columns if column.key == "luck")
        assert column.tooltip == "Equity divided by a thousand."
        assert app.numbered["stats"].build_export().rows[0]["luck"] == pytest.approx(21.61074)
        while table.chosen_column is None or table.chosen_column.key != "luck":
            await pilot.press("l")
        await pilot.press("enter")
        await scenes.until(pilot, lambda: "equity / 1,000" in scenes.screen_text(app))


async def test_the_stats_of_one_trader_list_it() -> None:
    app = scenes.make_app(scenes.ScriptedEngine(scenes.board()))
    async with app.run_test(size=(140, 120)) as pilot:
        await scenes.until(pilot, lambda: app.board is not None)
        await pilot.press("1", "enter", "v", "v")
        await scenes.until(pilot, lambda: "Equity divided by a thousand" in scenes.screen_text(app))
        (line,) = [each for each in scenes.screen_text(app).splitlines() if "divided by a thousand" in each]
        assert "21.61" in line
        assert "2 of 3 coins thrown" in line
