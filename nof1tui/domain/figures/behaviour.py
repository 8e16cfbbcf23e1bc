"""Figures of an account's decisions: entries, fills, calibration, how positions ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nof1tui.domain.decisions.outcomes import CalibrationBucket, DecisionFigures
from nof1tui.domain.figures import shapes
from nof1tui.domain.figures.figure import Reading, declare, figures_in
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.metrics.figure_value import RELIABLE_TRADES, FigureValue

NOT_READ = "decisions not read"
_behaviour = partial(declare, AccountView, "account", group="behaviour")
_CLOSED_ENTRIES = "entries that were closed"


@_behaviour("count", "Entries", source="reported", aliases=("entries",))
def entry_signals(account: AccountView) -> Reading:
    """Signals to enter a position."""
    return _of_outcomes(account, lambda outcomes: outcomes.entry_signals)


@_behaviour(
    "pct", "Filled", minimum_n=1, counted="signals to enter", inputs=("entry_signals",),
    aliases=("filled",), best="high",
)  # fmt: skip
def signals_filled_pct(account: AccountView) -> Reading:
    """Share of entry signals with a matching order.

    Formula: entry signals with an order / entry signals
    """
    return _of_outcomes(account, lambda outcomes: outcomes.filled_pct)


@_behaviour(
    "seconds", "To fill", minimum_n=1, counted="entries with an order", inputs=("entry_signals",),
    aliases=("to_fill",), best="low",
)  # fmt: skip
def time_to_fill_s(account: AccountView) -> Reading:
    """Median time from decision to fill; below 0: the fill was stamped first."""
    return _of_outcomes(account, lambda outcomes: outcomes.to_fill_s)


@_behaviour(
    "ratio", "Brier", minimum_n=1, sound_n=RELIABLE_TRADES, counted=_CLOSED_ENTRIES,
    inputs=("entry_signals",), best="low",
)  # fmt: skip
def brier(account: AccountView) -> Reading:
    """Brier score of stated confidence: 0 best, 0.25 coin toss.

    Formula: mean of (confidence − outcome)², outcome 1 for a net gain, else 0
    """
    return _of_outcomes(account, lambda outcomes: outcomes.brier)


@_behaviour(
    "list", "Calibration", minimum_n=1, sound_n=RELIABLE_TRADES, counted=_CLOSED_ENTRIES,
    members=shapes.CALIBRATION,
)  # fmt: skip
def calibration(account: AccountView) -> Reading:
    """By stated confidence: mean confidence, share won, mean net P&L, entries."""
    return _of_outcomes(account, lambda outcomes: [_bucket(each) for each in outcomes.calibration])


@_behaviour("object", "Outcomes", members=shapes.STOP_OUTCOMES)
def stop_outcomes(account: AccountView) -> Reading:
    """Closed entries by outcome: target reached, closed early, stop filled, stop overrun."""
    return _of_outcomes(
        account,
        lambda outcomes: {
            "target": outcomes.exit_outcomes.get("target", 0),
            "before": outcomes.exit_outcomes.get("before", 0),
            "kept": outcomes.exit_outcomes.get("kept", 0),
            "overrun": outcomes.exit_outcomes.get("overrun", 0),
        },
    )


def _of_outcomes(account: AccountView, read: Callable[[DecisionFigures], Reading]) -> Reading:
    return FigureValue(None, reason=NOT_READ) if account.outcomes is None else read(account.outcomes)


def _bucket(bucket: CalibrationBucket) -> dict[str, float | int | str | None]:
    return {
        "low": bucket.low,
        "high": bucket.high,
        "stated_pct": bucket.stated_pct.value,
        "won_pct": bucket.won_pct.value,
        "net_usd": bucket.net_usd.value,
        "n": bucket.won_pct.n,
        "reason": bucket.won_pct.reason,
    }


FIGURES = figures_in(vars())
