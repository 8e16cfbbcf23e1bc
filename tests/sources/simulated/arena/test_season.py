"""The simulated season does not depend on requests, and its money adds up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nof1tui.sources.simulated.arena.api import SimulatedArena
from nof1tui.sources.simulated.arena.strategies import BENCHMARK_TRADER, build_profiles
from tests.support.simulated_season import ENVELOPES, START, ask, make, newest, ten_days


@pytest.fixture
def season() -> SimulatedArena:
    return ten_days()


class TestCourse:
    @settings(max_examples=12, deadline=None)
    @given(st.lists(st.tuples(st.floats(0, 7_200), st.sampled_from(sorted(ENVELOPES))), max_size=12))
    def test_requests_in_between_change_no_later_byte(self, questions: list[tuple[float, str]]) -> None:
        asked, left_alone = make(history=timedelta(hours=3)), make(history=timedelta(hours=3))
        for after_s, endpoint in sorted(questions):
            asked.answer(endpoint, START + timedelta(seconds=after_s), marker=1)
        later = START + timedelta(seconds=7_301.5)
        for endpoint in sorted(ENVELOPES):
            assert asked.answer(endpoint, later).body == left_alone.answer(endpoint, later).body

    def test_another_seed_is_another_season(self) -> None:
        assert newest(make(1))["gpt-5"]["dollar_equity"] != newest(make(2))["gpt-5"]["dollar_equity"]

    def test_prices_and_accounts_move_between_two_polls(self) -> None:
        arena = make()
        before, later = newest(arena), START + timedelta(seconds=11)
        assert ask(arena, "crypto-prices")["prices"] != ask(arena, "crypto-prices", later)["prices"]
        after = newest(arena, later)
        holding = [name for name, row in after.items() if row["positions"]]
        assert holding
        for name in holding:
            assert after[name]["timestamp"] > before[name]["timestamp"]
        assert any(after[n]["dollar_equity"] != before[n]["dollar_equity"] for n in holding)

    def test_newest_rows_are_a_few_seconds_old(self, season: SimulatedArena) -> None:
        for row in newest(season).values():
            assert 0 <= START.timestamp() - row["timestamp"] <= 10

    def test_a_season_has_winners_losers_and_no_debt(self) -> None:
        ends: list[float] = []
        for seed in range(6):
            rows = ask(make(seed, history=timedelta(days=10)), "account-totals")["accountTotals"]
            assert min(row["dollar_equity"] for row in rows) >= 0
            last = {
                row["model_id"]: row["cum_pnl_pct"] for row in rows if row["model_id"] != BENCHMARK_TRADER
            }
            ends += last.values()
        assert min(ends) < -30
        assert 40 < max(ends) < 250
        assert any(-10 < end < 10 for end in ends)

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 2**32), st.integers(0, 400))
    def test_equity_is_never_negative_not_even_between_two_steps(self, seed: int, minutes: int) -> None:
        arena = make(seed, traders=12, history=timedelta(hours=20))
        for minute in range(0, minutes + 1, 37):
            rows = newest(arena, START + timedelta(minutes=minute, seconds=71)).values()
            assert min(row["dollar_equity"] for row in rows) >= 0


class TestMoney:
    def test_net_results_of_trades_and_open_entry_fees_make_the_realised_sum(
        self, season: SimulatedArena
    ) -> None:
        trades = ask(season, "trades")["trades"]
        analytics = {item["id"]: item for item in ask(season, "analytics")["analytics"]}
        for name, row in newest(season).items():
            if name == BENCHMARK_TRADER:
                continue
            totals = analytics[name]["fee_pnl_moves_breakdown_table"]
            fees = sum(position["commission"] for position in row["positions"].values())
            net = totals["overall_pnl_with_fees"]
            equity = 10_000 + net - fees + row["total_unrealized_pnl"]
            assert row["dollar_equity"] == pytest.approx(equity, abs=1e-6)
            listed = [trade["realized_net_pnl"] for trade in trades if trade["model_id"] == name]
            if len(listed) < 100:
                assert sum(listed) == pytest.approx(net, abs=1e-6)

    def test_the_three_sums_add_up_unless_an_llm_account_is_under_water(self, season: SimulatedArena) -> None:
        signs = set()
        for row in ask(season, "account-totals")["accountTotals"]:
            unrealized = row["total_unrealized_pnl"]
            gap = row["dollar_equity"] - 10_000 - row["realized_pnl"] - unrealized
            odd = unrealized < 0 and row["model_id"] != BENCHMARK_TRADER
            assert gap == pytest.approx(-2 * unrealized if odd else 0, abs=1e-6)
            signs.add((row["model_id"] == BENCHMARK_TRADER, unrealized < 0))
            assert row["cum_pnl_pct"] == pytest.approx((row["dollar_equity"] / 10_000 - 1) * 100, abs=1e-3)
        assert len(signs) == 4

    def test_positions_are_marked_at_one_price_per_moment_and_sum_to_the_account(
        self, season: SimulatedArena
    ) -> None:
        for row in newest(season).values():
            total = 0.0
            for coin, position in row["positions"].items():
                moved = position["current_price"] - position["entry_price"]
                assert position["symbol"] == coin
                assert position["unrealized_pnl"] == pytest.approx(position["quantity"] * moved, abs=1e-6)
                assert 1 <= position["leverage"] <= 25
                total += position["unrealized_pnl"]
            assert row["total_unrealized_pnl"] == pytest.approx(total, abs=1e-6)

    def test_trades_are_grouped_by_trader_newest_exit_first_and_at_most_a_hundred(
        self, season: SimulatedArena
    ) -> None:
        trades = ask(season, "trades")["trades"]
        names = [trade["model_id"] for trade in trades]
        groups = [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]
        assert len(groups) == len(set(groups)) == 6
        for name in groups:
            exits = [trade["exit_time"] for trade in trades if trade["model_id"] == name]
            assert exits == sorted(exits, reverse=True)
            assert len(exits) <= 100
        assert max(names.count(name) for name in groups) == 100
        assert len({trade["id"] for trade in trades}) == len(trades)

    def test_positions_are_closed_in_parts_turned_and_liquidated(self, season: SimulatedArena) -> None:
        trades = ask(season, "trades")["trades"]
        orders = [trade["entry_oid"] for trade in trades]
        assert len(set(orders)) < len(orders)
        ends = {(t["model_id"], t["symbol"], t["side"]): t["exit_time"] for t in reversed(trades)}
        turned = [
            trade for trade in trades
            for other in ("long", "short")
            if other != trade["side"]
            and abs(trade["entry_time"] - ends.get((trade["model_id"], trade["symbol"], other), 0)) < 3
        ]  # fmt: skip
        assert turned
        gambler = next(t for t in season.season.traders if t.profile.id == "qwen3-max")
        closings = [
            closed.exit_price / closed.position.liquidation_price for closed in gambler.account.trades
        ]
        assert any(abs(closing - 1) < 3e-4 for closing in closings)

    def test_a_trade_agrees_with_itself(self, season: SimulatedArena) -> None:
        for trade in ask(season, "trades")["trades"]:
            moved = trade["exit_price"] - trade["entry_price"]
            parts = trade["entry_closed_pnl"] + trade["exit_closed_pnl"]
            assert trade["realized_gross_pnl"] == pytest.approx(trade["quantity"] * moved, abs=1e-6)
            assert trade["realized_net_pnl"] == pytest.approx(parts, abs=1e-6)
            assert trade["entry_sz"] == trade["exit_sz"] == abs(trade["quantity"])
            assert trade["side"] == trade["trade_type"] == ("long" if trade["quantity"] > 0 else "short")
            assert trade["entry_time"] < trade["exit_time"] < START.timestamp()
            assert (trade["leverage"], trade["confidence"], trade["exit_plan"]) == (1, 0, {})
            assert len(trade["exit_human_time"]) == 26
            started, ended = float(trade["entry_time"]), float(trade["exit_time"])
            assert trade["trade_id"] == f"{started}_{trade['symbol']}_{ended}_{trade['model_id']}"


class TestCast:
    @pytest.mark.parametrize(
        ("count", "names"),
        [
            (1, ["gpt-5"]),
            (3, ["gpt-5", "claude-sonnet-4-5", BENCHMARK_TRADER]),
            (9, ["gpt-5", "claude-sonnet-4-5", "gemini-2.5-pro", "grok-4", "deepseek-chat-v3.1", "qwen3-max",
                 "trader-08", "trader-09", BENCHMARK_TRADER]),
        ],
    )  # fmt: skip
    def test_models_come_first_then_numbered_traders_then_the_benchmark(
        self, count: int, names: list[str]
    ) -> None:
        assert [profile.id for profile in build_profiles(7, count)] == names

    def test_two_hundred_accounts_have_two_hundred_ids_and_inceptions(self) -> None:
        characters = build_profiles(7, 200)
        assert len({profile.id for profile in characters}) == 200
        assert len({profile.delay_s for profile in characters}) == 200
        assert characters[-2].id == "trader-200"

    def test_more_traders_do_not_change_the_models_season(self) -> None:
        few, many = newest(make(traders=7)), newest(make(traders=20))
        assert many["grok-4"]["dollar_equity"] == few["grok-4"]["dollar_equity"]

    def test_an_arena_without_traders_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one trader"):
            make(traders=0)
