"""Resets of an account, and lists of trades that upstream cut off."""

from __future__ import annotations

import pytest
from msgspec import structs

from nof1tui.domain.returns.completeness import TradeCompleteness, missing_tolerance, trade_completeness
from nof1tui.domain.returns.resets import AccountSnapshot, account_lives, detect_reset
from tests.support.return_facts import at, exact

LAST_OF_FIRST = AccountSnapshot(
    at=at("2026-02-01 10:00"),
    equity_usd=4_810.2,
    realized_usd=-5_189.8,
    positions=2,
    inception_at=at("2026-01-05 22:00"),
    trades=143,
)
FIRST_OF_SECOND = AccountSnapshot(
    at=at("2026-02-01 10:05"),
    equity_usd=10_000.0,
    realized_usd=0.0,
    positions=0,
    inception_at=at("2026-02-01 10:04:12"),
    trades=0,
)
LAST_OF_SECOND = structs.replace(FIRST_OF_SECOND, at=at("2026-02-01 11:00"), equity_usd=10_150.0, positions=1)


class TestWorkedExample18:
    def test_a_reset_separates_two_lives(self) -> None:
        first, second = account_lives([LAST_OF_FIRST, FIRST_OF_SECOND, LAST_OF_SECOND], 10_000)
        assert first.return_on_capital(10_000).value == exact(-0.51898)
        assert second.return_on_capital(10_000).value == exact(0.015)
        assert second.began_at == at("2026-02-01 10:05")
        assert second.reset is not None
        assert (first.number, first.reset) == (1, None)

    def test_every_sign_is_named(self) -> None:
        reset = detect_reset(LAST_OF_FIRST, FIRST_OF_SECOND, 10_000)
        assert reset is not None
        assert reset.at == at("2026-02-01 10:05")
        assert reset.signs == (
            "equity back at capital",
            "inception or marker changed",
            "realised back to 0 without positions",
            "fewer trades",
        )


def seen(**changes: object) -> AccountSnapshot:
    """The row after the last of the first life, unchanged but for these values."""
    return structs.replace(LAST_OF_FIRST, at=FIRST_OF_SECOND.at, **changes)


@pytest.mark.parametrize(
    ("after", "explained", "reset"),
    [
        (seen(), 0.0, False),
        (seen(equity_usd=10_000.0), 0.0, False),
        (seen(trades=0), 0.0, False),
        (seen(equity_usd=10_000.0, trades=0), 0.0, True),
        (seen(equity_usd=10_049.0, trades=0), 0.0, True),
        (seen(equity_usd=10_051.0, trades=0), 0.0, False),
        (seen(equity_usd=10_000.0, trades=0), 5_189.8, False),
        (seen(realized_usd=0.0, positions=0, trades=0), 0.0, True),
        (seen(realized_usd=0.0, positions=2, trades=0), 0.0, False),
        (seen(inception_at=1.0, trades=142), 0.0, True),
        (seen(inception_at=None, trades=None), 0.0, False),
    ],
)
def test_two_signs_make_a_reset(after: AccountSnapshot, explained: float, reset: bool) -> None:
    assert (detect_reset(LAST_OF_FIRST, after, 10_000, explained) is not None) is reset


def test_a_marker_that_goes_back_is_a_sign() -> None:
    before, after = structs.replace(LAST_OF_FIRST, marker=640), seen(marker=0, trades=0)
    assert detect_reset(before, after, None) is not None
    assert detect_reset(before, structs.replace(after, marker=641), None) is None


def test_without_rows_or_capital() -> None:
    assert account_lives([], 10_000) == ()
    (life,) = account_lives([LAST_OF_FIRST], None)
    assert life.return_on_capital(None).reason == "capital unknown"


class TestCompleteness:
    cut = trade_completeness(100, -711.32, realized_usd=-1_580.44, open_closed_usd=-4.1, upstream_count=136)

    def test_19_incomplete(self) -> None:
        assert not self.cut.complete
        assert self.cut.missing_usd == exact(-865.02)
        assert self.cut.reasons == (
            "exactly 100 rows",
            "sum of net differs from realised by -865.02",
            "upstream counts 136",
        )
        assert missing_tolerance(-1_580.44) == exact(7.9022)
        assert self.cut.label == "of the last 100"

    @pytest.mark.parametrize(
        ("rows", "net", "realized", "upstream", "first", "complete"),
        [
            (99, 50.0, 50.0, 99, True, True),
            (99, 50.0, None, None, True, True),
            (100, 50.0, 50.0, 100, True, False),
            (100, 50.0, 50.0, 100, False, True),
            (2_000, 0.0, None, None, True, False),
            (10_000, 0.0, None, None, True, False),
            (42, 50.0, 50.9, None, True, True),
            (42, 50.0, 51.1, None, True, False),
            (42, 1_000.0, 1_004.9, None, True, True),
            (42, 50.0, 50.0, 43, True, False),
            (42, 50.0, 50.0, 41, True, True),
        ],
    )
    def test_each_reason_alone(
        self, rows: int, net: float, realized: float | None, upstream: int | None, first: bool, complete: bool
    ) -> None:
        found = trade_completeness(
            rows, net, realized_usd=realized, upstream_count=upstream, first_read=first
        )
        assert found.complete is complete
        assert (found.label is None) is complete

    def test_a_list_is_complete_unless_shown_otherwise(self) -> None:
        assert TradeCompleteness().complete
