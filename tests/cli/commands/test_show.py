"""`show` on a real store: document shapes, filters, past times, hostile text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nof1tui.domain.events.event import feed_event
from nof1tui.domain.records import AccountKey, DecisionTexts, Feed, Signal
from tests.support.builders import account_row, at, batch, decision, position, price, trade
from tests.support.cli_types import Command
from tests.support.paths import SCHEMAS

HOSTILE = "safe\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202e\x9b31m\x07text [bold red]markup[/] \ud83d\ude00".encode(
    "utf-16", "surrogatepass"
).decode("utf-16")

LEADERBOARD = {
    *("rank", "trader", "name", "maker", "season", "competition", "equity_usd", "return_pct"),
    *("change_24h_pct", "unrealized_usd", "realized_usd", "positions", "exposure_gross", "exposure_net"),
    *("max_drawdown_pct", "sharpe", "sharpe_reported", "win_rate_pct", "trades", "fees_usd"),
    *("biggest_win_usd", "biggest_loss_usd", "observed_at", "n"),
}
POSITIONS = {
    *("trader", "coin", "side", "quantity", "entry_price", "mark_price", "leverage", "notional_usd"),
    *("unrealized_usd", "liquidation_price", "stop_loss", "profit_target", "invalidation", "confidence"),
    *("risk_usd", "entry_at", "observed_at"),
}
TRADES = {
    *("id", "trader", "coin", "side", "quantity", "entry_price", "exit_price", "entry_at", "exit_at"),
    *("held_s", "gross_usd", "fees_usd", "net_usd"),
}
SHAPES = {
    "leaderboard": LEADERBOARD,
    "positions": POSITIONS,
    "trades": TRADES,
    "prices": {"coin", "price", "observed_at"},
    "chat": {"id", "trader", "at", "summary", "signals"},
    "events": {"id", "at", "kind", "trader", "coin", "detail"},
    "stats": LEADERBOARD | {"sortino", "volatility_pct", "profit_factor", "reasons"},
    "coins": {"coin", "price", "exposure_gross", "exposure_net", "longs", "shorts", "alone", "holdings"},
}
TOTALS = {
    *("n", "win_rate_pct", "fees_usd", "net_usd", "gross_usd", "profit_factor"),
    *("biggest_win_usd", "biggest_loss_usd"),
}


@pytest.fixture
def show(on_store: Command, keep: Callable[..., None]) -> Command:
    """`nof1-tui show` on two traders and a benchmark, with a little history."""
    short = position("BTC", -0.5, entry_price=114_000.0, mark_price=113_000.0, unrealized_usd=500.0)
    keep(
        batch(
            Feed.ACCOUNTS,
            accounts=(
                account_row("gpt-5", 0, 10_500.0, positions=(position(),)),
                account_row("qwen3-max", 1, 9_000.0, positions=(position(exit_plan=None), short)),
                account_row("buynhold_btc", 1, 20_000.0),
                account_row("gpt-5", 60, 8_000.0),
                account_row("qwen3-max", 61, 12_000.0, positions=(short,)),
            ),
        ),
        batch(
            Feed.TRADES,
            trades=tuple(
                trade(
                    number, "gpt-5" if number % 2 else "qwen3-max", minutes=number, net=10.0 * (-1) ** number
                )
                for number in range(1, 6)
            ),
        ),
        batch(
            Feed.PRICES,
            prices=(price("BTC", 114_502.5, 0), price("ETH", 4_119.7, 0), price("BTC", 115_000.0, 30)),
        ),
        batch(
            Feed.DECISIONS,
            decisions=(
                decision(1, "gpt-5", 5, summary="All well."),
                decision(
                    2,
                    "qwen3-max",
                    10,
                    summary=HOSTILE,
                    signals=(Signal("ETH", "buy_to_enter", quantity=1.5), Signal("BTC", "hold")),
                    texts=DecisionTexts(HOSTILE, HOSTILE, "{}"),
                ),
            ),
        ),
    )
    return lambda *arguments: on_store("show", *arguments)


def document(show: Command, *arguments: str) -> dict[str, Any]:
    result = show(*arguments, "--json")
    assert (result.code, result.err) == (0, "")
    parsed = json.loads(result.out)
    assert isinstance(parsed, dict)
    jsonschema.validate(parsed, json.loads((SCHEMAS / f"{arguments[0]}.json").read_text("utf-8")))
    return parsed


@pytest.mark.parametrize("what", SHAPES)
def test_every_kind_is_one_document_with_stable_keys(show: Command, what: str) -> None:
    result = document(show, what)
    assert {"what", "as_of", "source", "rows"} <= result.keys()
    assert (result["what"], result["as_of"], result["source"]) == (what, None, "nof1")
    assert result["rows"]
    for row in result["rows"]:
        assert SHAPES[what] <= row.keys()
        for key, value in row.items():
            if key.endswith("_at") or key == "at":
                assert value is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", value)
            if key.endswith(("_usd", "_pct", "_s", "_price")):
                assert value is None or isinstance(value, int | float)


@pytest.mark.parametrize("what", SHAPES)
def test_a_csv_has_the_same_columns_as_the_document(show: Command, what: str) -> None:
    rows = document(show, what)["rows"]
    result = show(what, "--csv")
    assert result.code == 0
    read = list(csv.DictReader(io.StringIO(result.out)))
    assert len(read) == len(rows)
    assert set(read[0]) == set(rows[0])


@pytest.mark.parametrize("what", SHAPES)
def test_an_empty_store_gives_a_message_or_an_empty_list(on_store: Command, what: str) -> None:
    result = on_store("show", what)
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(r"There are no .* in the store, now\.\n", result.out)
    parsed = json.loads(on_store("show", what, "--json").out)
    assert parsed["rows"] == []
    assert on_store("show", what, "--csv").out.count("\n") == 1


def test_ranks_follow_account_rows_and_the_benchmark_is_last_without_a_rank(show: Command) -> None:
    rows = document(show, "leaderboard")["rows"]
    assert [(row["rank"], row["trader"], row["equity_usd"]) for row in rows] == [
        (1, "qwen3-max", 12_000.0),
        (2, "gpt-5", 8_000.0),
        (None, "buynhold_btc", 20_000.0),
    ]
    assert rows[0]["return_pct"] == pytest.approx(20.0)
    assert rows[0]["maker"] == "Alibaba"
    assert rows[0]["competition"] is None


def test_events_have_the_text_of_the_screen_newest_first(show: Command) -> None:
    rows = document(show, "events", "--since", "2025-10-26 04:30")["rows"]
    events = [(row["kind"], row["trader"], row["coin"], row["detail"]) for row in rows]
    assert events == [
        ("closed", "qwen3-max", "ETH", "LONG 4.87 ETH @ 4,119.70 · 10x"),
        ("lead", "qwen3-max", None, "from GPT 5"),
        ("closed", "gpt-5", "ETH", "LONG 4.87 ETH @ 4,119.70 · 10x"),
    ]
    of_gpt = document(show, "events", "--trader", "gpt-5", "--coin", "eth")["rows"]
    assert "closed" in [row["kind"] for row in of_gpt]
    assert {(row["trader"], row["coin"]) for row in of_gpt} == {("gpt-5", "ETH")}


def test_an_event_of_a_feed_or_a_coin_has_no_trader(on_store: Command, keep: Callable[..., None]) -> None:
    keep((batch(Feed.ACCOUNTS), (feed_event("down", Feed.PRICES, at(1), "HTTP 503"),)))
    (row,) = document(lambda *arguments: on_store("show", *arguments), "events")["rows"]
    assert (row["trader"], row["feed"], row["reason"]) == (None, "prices", "HTTP 503")
    assert "prices" in on_store("show", "events").out
    assert on_store("show", "events", "--csv").out.count("HTTP 503") == 2


def test_stats_have_every_figure_and_the_reason_of_a_missing_one(show: Command) -> None:
    rows = document(show, "stats")["rows"]
    assert [row["trader"] for row in rows] == ["qwen3-max", "gpt-5", "buynhold_btc"]
    gpt = rows[1]
    assert (gpt["trades"], gpt["win_rate_pct"], gpt["net_usd"]) == (3, 0.0, -30.0)
    assert gpt["payoff"] is None
    assert gpt["reasons"]["payoff"] == "no winning trade"
    assert (gpt["longest_loss_streak"], gpt["current_streak"]) == (3, -3)
    span = document(show, "stats", "--trader", "gpt-5", "--since", "2025-10-26 04:04")["rows"]
    assert [row["trades"] for row in span] == [1]


def test_coins_list_the_traders_on_each_side(show: Command) -> None:
    rows = {row["coin"]: row for row in document(show, "coins", "--as-of", "2025-10-26 04:30")["rows"]}
    assert (rows["ETH"]["longs"], rows["ETH"]["shorts"]) == (["gpt-5", "qwen3-max"], [])
    assert (rows["BTC"]["longs"], rows["BTC"]["shorts"]) == ([], ["qwen3-max"])
    assert rows["BTC"]["exposure_net"] == pytest.approx(-56_500.0 / 19_500.0)
    assert [row["coin"] for row in document(show, "coins", "--coin", "eth")["rows"]] == ["ETH"]


def test_a_past_time_shows_what_was_known_then(show: Command) -> None:
    result = document(show, "leaderboard", "--as-of", "2025-10-26 04:30")
    assert result["as_of"] == "2025-10-26T04:30:00Z"
    assert [row["trader"] for row in result["rows"]] == ["gpt-5", "qwen3-max", "buynhold_btc"]
    then = document(show, "positions", "--as-of", "2025-10-26T04:30:00Z")["rows"]
    assert [(row["trader"], row["coin"], row["side"]) for row in then] == [
        ("gpt-5", "ETH", "long"),
        ("qwen3-max", "BTC", "short"),
        ("qwen3-max", "ETH", "long"),
    ]
    assert document(show, "prices", "--as-of", "2025-10-26 04:10")["rows"][0]["price"] == 114_502.5
    assert document(show, "leaderboard", "--as-of", "2025-10-01")["rows"] == []


def test_a_short_position_has_a_negative_quantity_and_an_unsigned_notional(show: Command) -> None:
    (row,) = document(show, "positions", "--coin", "btc")["rows"]
    assert (row["side"], row["quantity"], row["notional_usd"]) == ("short", -0.5, 56_500.0)
    (planless,) = (
        row
        for row in document(show, "positions", "--as-of", "2025-10-26 04:30", "--coin", "ETH")["rows"]
        if row["trader"] == "qwen3-max"
    )
    assert (planless["stop_loss"], planless["profit_target"], planless["invalidation"]) == (None, None, None)


def test_trades_are_newest_first_with_the_totals_of_all_matches(show: Command) -> None:
    result = document(show, "trades", "--limit", "2")
    assert [row["id"] for row in result["rows"]] == ["gpt-5_0005", "qwen3-max_0004"]
    assert result["totals"].keys() == TOTALS
    assert result["totals"] == {
        "n": 5,
        "win_rate_pct": 40.0,
        "fees_usd": 10.0,
        "net_usd": -10.0,
        "gross_usd": 0.0,
        "profit_factor": pytest.approx(2 / 3),
        "biggest_win_usd": 10.0,
        "biggest_loss_usd": -10.0,
    }
    assert {name: item["n"] for name, item in result["by_trader"].items()} == {"gpt-5": 3, "qwen3-max": 2}
    assert result["by_trader"]["qwen3-max"]["net_usd"] == 20.0
    assert result["by_trader"]["qwen3-max"]["profit_factor"] is None
    assert result["by_trader"]["qwen3-max"]["biggest_loss_usd"] is None


def test_trades_are_limited_to_a_time_range(show: Command) -> None:
    arguments = ("--as-of", "2025-10-26 04:04", "--since", "-2m")
    result = document(show, "trades", *arguments)
    assert [row["id"][-4:] for row in result["rows"]] == ["0004", "0003", "0002"]
    assert result["totals"]["n"] == 3


@pytest.mark.parametrize("spelling", ["qwen3-max", "Qwen3 Max", "QWEN3_MAX", "qwen3.max"])
def test_a_trader_is_found_by_id_or_name_in_any_spelling(show: Command, spelling: str) -> None:
    for what in ("leaderboard", "positions", "trades", "chat"):
        rows = document(show, what, "--trader", spelling)["rows"]
        assert {row["trader"] for row in rows} == {"qwen3-max"}


def test_an_unknown_trader_is_refused_with_the_likely_name_and_all_known_ones(show: Command) -> None:
    result = show("trades", "--trader", "qwen-max")
    assert result.code == 2
    assert result.err == (
        "nof1-tui: unknown trader 'qwen-max': did you mean qwen3-max?\n"
        "Known: buynhold_btc, gpt-5, qwen3-max.\n"
    )


def test_a_known_trader_without_trades_is_accepted(show: Command) -> None:
    assert document(show, "trades", "--trader", "grok-4")["totals"]["n"] == 0
    assert show("trades", "--trader", "grok-4").out == "There are no trades of grok-4 in the store, now.\n"


def test_one_of_several_accounts_of_a_trader_can_be_chosen(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keys = [AccountKey("s1.5", "gpt-5.1", name) for name in ("baseline", "max-leverage")]
    moment = at(60 * 24 * 30)
    rows = [account_row("gpt-5.1", account=key, observed_at=moment, equity_usd=9_000.0) for key in keys]
    closed = [trade(i, account=key, id=f"t{i}", exit_at=moment) for i, key in enumerate(keys)]
    keep(batch(Feed.ACCOUNTS, accounts=tuple(rows)), batch(Feed.TRADES, trades=tuple(closed)))
    show: Command = lambda *arguments: on_store("show", *arguments)  # noqa: E731
    assert len(document(show, "leaderboard", "--trader", "gpt-5.1")["rows"]) == 2
    (row,) = document(show, "leaderboard", "--trader", "GPT 5.1@Max Leverage")["rows"]
    assert (row["trader"], row["competition"]) == ("gpt-5.1", "max-leverage")
    assert document(show, "trades", "--trader", "gpt-5.1@baseline")["totals"]["n"] == 1


def test_chat_has_long_texts_only_on_request(show: Command) -> None:
    brief = document(show, "chat")["rows"]
    assert [row["trader"] for row in brief] == ["qwen3-max", "gpt-5"]
    assert not {"reasoning", "prompt"} & brief[0].keys()
    assert brief[0]["signals"][0]["coin"] == "ETH"
    assert brief[0]["signals"][0]["signal"] == "buy_to_enter"
    assert brief[0]["signals"][0]["leverage"] is None
    full = document(show, "chat", "--full", "--limit", "1", "--trader", "gpt-5")["rows"]
    assert (full[0]["reasoning"], full[0]["prompt"]) == ("the reasoning", "the prompt")
    assert [row["trader"] for row in document(show, "chat", "--coin", "eth")["rows"]] == ["qwen3-max"]


@pytest.mark.parametrize(
    "form", [["--json"], ["--csv"], [], ["--full"], ["--full", "--json"], ["--full", "--csv"]]
)
def test_text_of_an_llm_reaches_stdout_without_control_characters(show: Command, form: list[str]) -> None:
    result = show("chat", *form)
    assert result.code == 0
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f]", result.out)
    if "--json" in form:
        assert result.out.isascii() and json.loads(result.out)["rows"][0]["summary"] == HOSTILE
        return
    assert "ZXZpbA" not in result.out
    assert "safetext [bold red]markup[/]" in result.out
    assert "--json" not in form or result.out.isascii()


def test_a_text_that_a_spreadsheet_would_calculate_is_escaped(
    on_store: Command, keep: Callable[..., None]
) -> None:
    keep(batch(Feed.DECISIONS, decisions=(decision(summary='=HYPERLINK("http://evil")'),)))
    (row,) = csv.DictReader(io.StringIO(on_store("show", "chat", "--csv").out))
    assert row["summary"] == '\'=HYPERLINK("http://evil")'


def test_wallets_have_no_chat(on_store: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_SOURCE", "hyperliquid")
    assert on_store("show", "chat").out.startswith("No decisions: wallets have no chat feed.")
    assert json.loads(on_store("show", "chat", "--json").out)["rows"] == []


def test_a_table_is_cut_to_the_newest_rows_with_a_note(on_store: Command, keep: Callable[..., None]) -> None:
    keep(batch(Feed.TRADES, trades=tuple(trade(i, minutes=i) for i in range(60))))
    result = on_store("show", "trades").out
    assert result.count("GPT 5") == 40
    assert "The newest 40 of 60; --limit 0 prints all." in result
    assert on_store("show", "trades", "--limit", "0").out.count("GPT 5") == 60
    assert len(json.loads(on_store("show", "trades", "--json").out)["rows"]) == 60


def test_a_table_in_a_pipe_has_no_escape_sequences_and_no_trailing_blanks(show: Command) -> None:
    for what in SHAPES:
        result = show(what).out
        assert "\x1b" not in result
        assert not re.search(r" $", result, re.M)


def test_without_a_store_nothing_is_shown_and_nothing_is_created(command: Command, tmp_path: Path) -> None:
    result = command("show", "leaderboard")
    assert result.code == 1
    assert "no store at" in result.err
    assert not list(tmp_path.iterdir())


def test_an_unreachable_store_is_reported_without_its_password(command: Command) -> None:
    result = command("show", "leaderboard", "--database-url", "postgresql://me:hunter2@127.0.0.1:1/x")
    assert result.code == 1
    assert result.err.startswith("nof1-tui: the store cannot be reached: ")
    assert "hunter2" not in result.err
    assert len(result.err.splitlines()) == 2


def test_the_flag_overrides_the_environment_in_any_position(show: Command, command: Command) -> None:
    assert document(show, "leaderboard")["rows"]
    nowhere = "postgresql://127.0.0.1:1/x"
    assert command("show", "leaderboard", "--database-url", nowhere).code == 1
    assert command("--database-url", nowhere, "show", "leaderboard").code == 1


def test_chat_has_the_order_of_a_signal(show: Command, keep: Callable[..., None]) -> None:
    entry = Signal("BTC", "buy_to_enter", confidence=0.7)
    keep(
        batch(
            Feed.DECISIONS,
            decisions=(decision(77, "gpt-5", 200, signals=(Signal("ETH", "hold"), entry)),),
        ),
        batch(
            Feed.TRADES,
            trades=(trade(77, "gpt-5", 260, 12.5, entry_at=at(200 + 4 / 60), entry_oid=771),),
        ),
    )
    (row,) = [row for row in document(show, "chat")["rows"] if row["id"] == "gpt-5_77"]
    held, entered = row["signals"]
    assert held["caused"] == []
    (caused,) = entered["caused"]
    assert (caused["act"], caused["order"], caused["trades"]) == ("open", 771, ["gpt-5_0077"])
    assert (caused["to_fill_s"], caused["net_usd"]) == (4.0, 12.5)


def test_events_are_filtered_by_kind(show: Command) -> None:
    rows = document(show, "events", "--kind", "lead", "--kind", "joined")["rows"]
    assert {row["kind"] for row in rows} == {"lead", "joined"}
    assert show("trades", "--kind", "lead").code == 2


def test_stats_have_the_reported_figures_beside_the_computed_ones(show: Command) -> None:
    rows = {row["trader"]: row["upstream"] for row in document(show, "stats")["rows"]}
    returned = next(check for check in rows["qwen3-max"] if check["figure"] == "return_pct")
    assert (returned["ours"], returned["theirs"], returned["why"]) == (pytest.approx(20.0), 20.0, None)
    ranged = document(show, "stats", "--since", "2025-10-26 04:04")["rows"]
    assert [row["upstream"] for row in ranged] == [[], [], []]
