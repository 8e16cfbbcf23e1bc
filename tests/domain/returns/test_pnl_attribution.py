"""P&L by coin and side, which sums to the change of equity less flows."""

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.records import Side
from nof1tui.domain.returns.pnl_attribution import PnlEntry, attribute_pnl, fill_entries
from tests.support.return_facts import exact

COINS = st.sampled_from(["BTC", "ETH", "SOL"])
USD = st.floats(-1e5, 1e5)


class TestAttribution:
    entries = (
        PnlEntry("ETH", "short", 0.0, 4.5, 1.1, -61.7),
        PnlEntry("BTC", "short", -120.0, 15.0, 3.2, 0.0),
        PnlEntry("BTC", "long", 310.0, 42.1, -8.3, 55.0),
    )

    def test_17_attribution(self) -> None:
        found = attribute_pnl(self.entries, 10_000.0, 12_117.7, 2_000.0)
        totals = {(row.coin, row.side): row.total_usd for row in found.rows}
        assert totals == exact({("BTC", "long"): 314.6, ("BTC", "short"): -131.8, ("ETH", "short"): -65.1})
        assert list(totals) == sorted(totals)
        assert found.explained_usd == exact(117.7)
        assert found.equity_change_usd == pytest.approx(117.7, rel=1e-9)
        assert found.unexplained_usd == pytest.approx(0.0, abs=1e-9)
        assert found.marks == ()

    @pytest.mark.parametrize(
        ("end", "marks"), [(12_123.7, ()), (12_124.0, ("unexplained",)), (12_111.0, ("unexplained",))]
    )
    def test_an_unexplained_rest_is_marked_over_its_tolerance(
        self, end: float, marks: tuple[str, ...]
    ) -> None:
        assert attribute_pnl(self.entries, 10_000.0, end, 2_000.0).marks == marks

    def test_a_small_account_may_miss_a_dollar(self) -> None:
        assert attribute_pnl([], 100.0, 101.0).marks == ()
        assert attribute_pnl([], 100.0, 101.1).marks == ("unexplained",)

    @pytest.mark.parametrize(
        ("start", "change", "parts"),
        [
            (0.0, 2.0, [("long", 0.0, 6.0)]),
            (0.0, -2.0, [("short", 0.0, 6.0)]),
            (1.0, 2.0, [("long", 0.0, 6.0)]),
            (3.0, -3.0, [("long", 50.0, 6.0)]),
            (1.0, -3.0, [("long", 50.0, 2.0), ("short", 0.0, 4.0)]),
            (-2.0, 3.0, [("short", 50.0, 4.0), ("long", 0.0, 2.0)]),
        ],
    )
    def test_a_fill_through_zero_is_split(
        self, start: float, change: float, parts: list[tuple[Side, float, float]]
    ) -> None:
        closed = 50.0 if start * change < 0 else 0.0
        found = fill_entries("BTC", start, change, closed, 6.0)
        assert [(entry.side, entry.closed_usd, exact(entry.fees_usd)) for entry in found] == parts

    @given(
        st.lists(
            st.builds(PnlEntry, COINS, st.sampled_from(["long", "short"]), USD, USD, USD, USD), max_size=30
        ),
        USD,
        USD,
        USD,
    )
    def test_rows_and_rest_sum_to_the_change_of_equity_less_flows(
        self, entries: list[PnlEntry], begin: float, end: float, flows: float
    ) -> None:
        found = attribute_pnl(entries, begin, end, flows)
        whole = found.explained_usd + found.unexplained_usd
        assert whole == pytest.approx(fsum((end, -begin, -flows)), abs=1e-6)
        assert found.equity_change_usd == pytest.approx(whole, abs=1e-6)
        assert len({(row.coin, row.side) for row in found.rows}) == len(found.rows)

    @given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-90, 90), st.floats(0, 9)), max_size=30))
    def test_splitting_fills_loses_nothing(self, fills: list[tuple[float, float, float]]) -> None:
        position, entries = 0.0, list[PnlEntry]()
        for change, closed, fee in fills:
            entries.extend(fill_entries("ETH", position, change, closed, fee))
            position += change
        assert fsum(entry.closed_usd for entry in entries) == pytest.approx(
            fsum(c for _, c, _ in fills), abs=1e-9
        )
        assert fsum(entry.fees_usd for entry in entries) == pytest.approx(
            fsum(f for *_, f in fills), abs=1e-9
        )
