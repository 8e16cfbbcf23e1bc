"""`--where` of `show` and `export`: which rows pass, what is refused, and the time limit."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nof1tui.cli.show import where
from nof1tui.domain.records import DecisionTexts, Feed, Signal
from tests.support.builders import account_row, batch, decision, position, trade
from tests.support.cli_types import Command


@pytest.fixture
def store(on_store: Command, keep: Callable[..., None]) -> Command:
    """Two traders with trades 1 to 4, three decisions and two positions."""
    held = (position("BTC", -0.5, mark_price=113_000.0), position("ETH", 2.0, mark_price=4_000.0))
    trades = (
        trade(1, "gpt-5", coin="BTC", side="short", net_usd=-250.0),
        trade(2, "gpt-5", coin="ETH", side="long", net_usd=80.0),
        trade(3, "qwen3-max", coin="BTC", side="long", net_usd=-40.0),
        trade(4, "qwen3-max", coin="BTC", side="short", net_usd=500.0),
    )
    talk = (
        decision(1, "gpt-5", 5, summary="Waiting.", texts=DecisionTexts(reasoning="The stop has moved up.")),
        decision(2, "gpt-5", 6, summary="In.", signals=(Signal("ETH", "buy_to_enter", quantity=1.5),)),
        decision(3, "qwen3-max", 7, summary="Out.", signals=(Signal("BTC", "close_position"),),
                 texts=DecisionTexts(reasoning="x" * 4_000)),
    )  # fmt: skip
    keep(
        batch(Feed.ACCOUNTS, accounts=(account_row("gpt-5", 0, 10_500.0, positions=held),)),
        batch(Feed.TRADES, trades=trades),
        batch(Feed.DECISIONS, decisions=talk),
    )
    return on_store


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("coin:btc", {1, 3, 4}),
        ("coin:btc side:short", {1, 4}),
        ("coin:btc side:short net<-100", {1}),
        ("net_usd>=80", {2, 4}),
        ("trader:gpt-5,qwen3-max is:loss", {1, 3}),
        ("trader:qwen is:win", {4}),
        ("!qwen", {1, 2}),
        ("!is:loss", {2, 4}),
        ("/^nothing$/", set()),
    ],
)
def test_only_rows_that_pass_are_shown_and_counted(store: Command, text: str, passing: set[int]) -> None:
    shown = json.loads(store("show", "trades", "--json", "--where", text).out)
    numbers = {1: -250.0, 2: 80.0, 3: -40.0, 4: 500.0}
    assert {row["net_usd"] for row in shown["rows"]} == {numbers[number] for number in passing}
    assert shown["totals"]["n"] == len(passing)


def test_the_limit_counts_rows_that_pass(store: Command) -> None:
    shown = json.loads(store("show", "trades", "--json", "--limit", "1", "--where", "is:loss").out)
    assert (len(shown["rows"]), shown["totals"]["n"]) == (1, 2)


@pytest.mark.parametrize(
    ("text", "summaries"),
    [
        ("is:acting", {"In.", "Out."}),
        ("coin:eth", {"In."}),
        ("moved", {"Waiting."}),
        ("/stop.{0,9}moved/", {"Waiting."}),
        ("!/stop.{0,9}moved/ gpt", {"In."}),
    ],
)
def test_a_filter_of_chat_looks_into_signals_and_reasoning(
    store: Command, text: str, summaries: set[str]
) -> None:
    shown = json.loads(store("show", "chat", "--json", "--where", text).out)
    assert {row["summary"] for row in shown["rows"]} == summaries
    assert "reasoning" not in shown["rows"][0]


def test_positions_are_filtered_by_any_figure_of_their_document(store: Command) -> None:
    shown = json.loads(store("show", "positions", "--json", "--where", "notional>50k side:short").out)
    assert [row["coin"] for row in shown["rows"]] == ["BTC"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cion:btc", 'no field "cion"; did you mean coin?'),
        ("net<abc", "net<abc: abc is not a number"),
        ("/(/", "/(/ : missing ) at 2"),
        ("is:bad", 'no flag "bad"'),
    ],
)
@pytest.mark.parametrize("verb", ["show", "export"])
def test_a_wrong_filter_is_refused_with_the_likely_spelling(
    store: Command, tmp_path: Path, verb: str, text: str, message: str
) -> None:
    target = ("show", "trades") if verb == "show" else ("export", str(tmp_path / "t.csv"))
    done = store(*target, "--where", text)
    assert done.code == 2
    assert done.err.startswith("nof1-tui: --where: ")
    assert message in done.err
    assert not list(tmp_path.glob("t.csv*"))


def test_an_endless_regular_expression_is_stopped(store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where, "COMMAND_BUDGET_S", 0.2)
    began = time.process_time()
    done = store("show", "chat", "--where", "/(x+x+)+y/")
    assert done.code == 2
    assert "regex stopped after 200 ms: simplify it" in done.err
    assert time.process_time() - began < 2.0


def test_export_writes_the_rows_that_pass(store: Command, tmp_path: Path) -> None:
    file = tmp_path / "losses.jsonl"
    done = store("export", str(file), "--where", "is:loss coin:btc")
    assert done.out == f"exported 2 rows of trades to {file}\n"
    assert {json.loads(line)["net_usd"] for line in file.read_text().splitlines()} == {-250.0, -40.0}
