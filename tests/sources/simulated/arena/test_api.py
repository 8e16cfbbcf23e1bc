"""The simulated arena's answers have the shapes, the cursor and the quirks of the real ones."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

import nof1tui
from nof1tui.domain.roster import Roster, parse_roster
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.endpoints import FEED_BY_ENDPOINT
from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.strategies import BENCHMARK_TRADER
from tests.support.paths import RECORDINGS
from tests.support.simulated_season import (
    ENVELOPES,
    START,
    Json,
    answered,
    ask,
    make,
    newest,
    talks,
    ten_days,
)


@pytest.fixture
def season() -> SimulatedArena:
    return ten_days()


@pytest.fixture
def roster() -> Roster:
    return parse_roster((Path(nof1tui.__file__).parent / "roster.toml").read_text("utf-8"))


def paths(record: Json) -> set[str]:
    """A record's keys, with those of its tables; keys that are data (coins) are left out."""
    tables = {f"{key}.{inner}" for key, value in record.items() if key.endswith("_table") for inner in value}
    return {*record, *tables}


class TestShape:
    @pytest.mark.parametrize(("endpoint", "keys"), ENVELOPES.items())
    def test_every_endpoint_has_the_envelope_of_the_contract(
        self, season: SimulatedArena, endpoint: str, keys: set[str]
    ) -> None:
        assert set(ask(season, endpoint)) == keys

    @pytest.mark.parametrize("endpoint", sorted(FEED_BY_ENDPOINT))
    def test_the_decoder_of_the_real_arena_rejects_nothing(
        self, season: SimulatedArena, roster: Roster, endpoint: str
    ) -> None:
        batch = decode_body(endpoint, season.answer(endpoint, START).body, fetched_at=START, roster=roster)
        assert batch.size > 0
        assert batch.rejects == ()

    def test_records_have_as_many_keys_as_the_contract_counts(self, season: SimulatedArena) -> None:
        row = newest(season)["gpt-5"]
        trade = ask(season, "trades")["trades"][0]
        talk = ask(season, "conversations")["conversations"][0]
        analytics = ask(season, "analytics/gpt-5")["analytics"][0]
        assert len(row) == 11
        assert {len(position) for position in row["positions"].values()} == {21}
        assert len(trade) == 33
        assert len(talk) == 11
        assert len(analytics) == 13
        tables = {key: len(value) for key, value in analytics.items() if isinstance(value, dict)}
        assert tables == {
            "fee_pnl_moves_breakdown_table": 12,
            "winners_losers_breakdown_table": 13,
            "signals_breakdown_table": 34,
            "invocation_breakdown_table": 5,
            "longs_shorts_breakdown_table": 15,
            "overall_trades_overview_table": 13,
        }

    def test_signals_have_ten_keys_and_the_apis_values(self, season: SimulatedArena) -> None:
        signals = [signal for talk in talks(season) for signal in answered(talk).values()]
        assert {len(signal) for signal in signals} == {10}
        known = {"hold", "buy_to_enter", "sell_to_enter", "close_position"}
        assert {signal["signal"] for signal in signals} <= known
        for signal in signals:
            assert (signal["justification"] == "") == (signal["signal"] == "hold")

    @pytest.mark.parametrize(
        ("endpoint", "key"),
        [("trades", "trades"), ("conversations", "conversations"), ("analytics", "analytics"),
         ("leaderboard", "leaderboard"), ("since-inception-values", "sinceInceptionValues")],
    )  # fmt: skip
    def test_records_have_the_keys_of_the_recorded_ones(
        self, season: SimulatedArena, endpoint: str, key: str
    ) -> None:
        recorded = RECORDINGS / "2025-10-28T070022Z" / f"{endpoint}.json"
        if not recorded.is_file():
            pytest.skip(f"no recording at {recorded}")
        real = json.loads(recorded.read_bytes())[key][0]
        assert paths(ask(season, endpoint)[key][0]) == paths(real)


class TestCursor:
    def test_rows_ascend_by_time_and_cover_every_hour_of_every_account(self, season: SimulatedArena) -> None:
        rows = ask(season, "account-totals")["accountTotals"]
        times = [row["timestamp"] for row in rows]
        assert times == sorted(times)
        by_account: dict[str, list[int]] = {}
        for row in rows:
            by_account.setdefault(row["model_id"], []).append(row["since_inception_hourly_marker"])
        assert len(by_account) == 7
        for markers in by_account.values():
            assert markers == list(range(max(markers) + 1))
            assert max(markers) in (238, 239)

    def test_markers_count_from_each_accounts_own_inception(self, season: SimulatedArena) -> None:
        began = {
            item["model_id"]: item["inception_date"]
            for item in ask(season, "since-inception-values")["sinceInceptionValues"]
        }
        for row in ask(season, "account-totals")["accountTotals"]:
            minutes = int((row["timestamp"] - began[row["model_id"]]) // 60)
            assert row["since_inception_minute_marker"] == minutes
            assert row["since_inception_hourly_marker"] == minutes // 60
            assert row["id"] == f"{row['model_id']}_{minutes // 60}"

    def test_the_answer_to_a_marker_holds_that_hour_too(self, season: SimulatedArena) -> None:
        body = ask(season, "account-totals", marker=237)
        assert {row["since_inception_hourly_marker"] for row in body["accountTotals"]} == {237, 238, 239}
        assert body["lastHourlyMarkerRead"] == 239
        full = ask(season, "account-totals")["accountTotals"]
        assert body["accountTotals"] == [r for r in full if r["since_inception_hourly_marker"] >= 237]

    def test_accounts_that_have_not_begun_an_hour_are_missing_from_it(self) -> None:
        arena, seen = make(), set()
        for minute in range(0, 60, 3):
            now = START + timedelta(minutes=minute)
            front = ask(arena, "account-totals", now)["lastHourlyMarkerRead"]
            rows = ask(arena, "account-totals", now, marker=front)["accountTotals"]
            seen.add(frozenset(row["model_id"] for row in rows))
        assert len(seen) > 2
        assert any(BENCHMARK_TRADER not in names for names in seen)

    def test_the_row_of_the_running_hour_is_rewritten_until_its_last_minute(self) -> None:
        arena, versions = make(), dict[str, set[float]]()
        for minute in range(110):
            now = START + timedelta(minutes=minute)
            for row in ask(arena, "account-totals", now, marker=28)["accountTotals"]:
                versions.setdefault(row["id"], set()).add(row["timestamp"])
        rows = {row["id"]: row for row in ask(arena, "account-totals", now)["accountTotals"]}
        over = [name for name in versions if rows[name]["since_inception_hourly_marker"] == 30]
        assert len(over) == 7
        for name in over:
            assert len(versions[name]) > 50
            assert rows[name]["timestamp"] == max(versions[name])
            assert rows[name]["since_inception_minute_marker"] % 60 == 59


class TestQuirks:
    def test_the_benchmark_has_no_plan_no_orders_and_no_sharpe(self, season: SimulatedArena) -> None:
        row = newest(season)[BENCHMARK_TRADER]
        position = row["positions"]["BTC"]
        assert "sharpe_ratio" not in row
        assert position["exit_plan"] == "N/A"
        assert (position["oid"], position["index_col"], position["liquidation_price"]) == (-1, -1, 0)
        assert (row["realized_pnl"], position["leverage"]) == (0, 1)

    def test_sharpe_is_null_at_first(self, season: SimulatedArena) -> None:
        rows = {row["id"]: row for row in ask(season, "account-totals")["accountTotals"]}
        assert rows["gpt-5_0"]["sharpe_ratio"] is None
        assert isinstance(rows["gpt-5_200"]["sharpe_ratio"], float)

    def test_xrp_and_doge_have_no_stop_orders_and_the_others_have(self, season: SimulatedArena) -> None:
        kinds = set()
        for row in ask(season, "account-totals")["accountTotals"]:
            if row["model_id"] != BENCHMARK_TRADER:
                kinds |= {
                    (coin, p["tp_oid"] == -1, p["sl_oid"] == -1) for coin, p in row["positions"].items()
                }
        assert kinds == {(coin, coin in ("XRP", "DOGE"), coin in ("XRP", "DOGE"))
                         for coin in ("BTC", "ETH", "SOL", "BNB", "XRP", "DOGE")}  # fmt: skip

    def test_whole_numbers_come_as_ints_beside_floats_with_binary_noise(self, season: SimulatedArena) -> None:
        trades = ask(season, "trades")["trades"]
        assert {type(trade["entry_price"]) for trade in trades} == {int, float}
        assert any(len(repr(trade["realized_gross_pnl"])) > 16 for trade in trades)

    def test_the_leaderboard_is_stale_unranked_and_without_the_benchmark(
        self, season: SimulatedArena
    ) -> None:
        board = ask(season, "leaderboard")["leaderboard"]
        names = [entry["id"] for entry in board]
        now = newest(season)
        assert names == sorted(names)
        assert BENCHMARK_TRADER not in names
        assert {entry["num_trades"] for entry in board} == {1}
        assert all(entry["equity"] != pytest.approx(now[entry["id"]]["dollar_equity"]) for entry in board)

    def test_conversations_are_the_newest_hundred_newest_first(self, season: SimulatedArena) -> None:
        found = talks(season)
        times = [talk["timestamp"] for talk in found]
        assert len(found) == 100
        assert times == sorted(times, reverse=True)
        assert START.timestamp() - times[-1] < 3_600
        for talk in found:
            assert talk["id"].startswith(talk["model_id"] + "_")
            assert talk["timestamp"] < talk["inserted_at"] < START.timestamp()
        for name in {talk["model_id"] for talk in found}:
            cycles = [talk["cycle_id"] for talk in found if talk["model_id"] == name]
            assert cycles == list(range(cycles[0], cycles[0] - len(cycles), -1))

    def test_silent_traders_show_their_answer_as_trace(self, season: SimulatedArena) -> None:
        for talk in talks(season):
            silent = talk["model_id"] in ("qwen3-max", "grok-4")
            assert isinstance(talk["cot_trace"], dict) == silent
            assert not silent or talk["cot_trace"] == talk["llm_response"]

    def test_some_answers_are_not_json(self) -> None:
        arena, failed = make(history=timedelta(hours=3)), list[Json]()
        for hour in range(1, 6):
            failed += [talk for talk in talks(arena, START + timedelta(hours=hour)) if not answered(talk)]
        assert 1 <= len(failed) <= 40
        for talk in failed:
            with pytest.raises(json.JSONDecodeError):
                json.loads(talk["llm_response"]["failed_json_response_raw_text"])

    def test_texts_vary_carry_brackets_and_typography_and_leave_no_placeholder(
        self, season: SimulatedArena
    ) -> None:
        found = talks(season)
        summaries = [talk["cot_trace_summary"] for talk in found]
        texts = "".join(summaries) + "".join(t["cot_trace"] for t in found if isinstance(t["cot_trace"], str))
        assert len(set(summaries)) > 90
        for mark in ("[", "]", "\u2011", "→", "’", "\n"):
            assert mark in texts
        assert "{" not in texts
        prompt = found[0]["user_prompt"]
        assert 8_000 < len(prompt.encode()) < 13_000
        assert "'wait_for_fill': False" in prompt
