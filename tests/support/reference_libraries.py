"""Results of empyrical-reloaded, ffn and quantstats for a series, and a stored table of them.

    python -m tests.support.reference_libraries    writes reference_values.json

Needs the extra `reference`; the tests that always run need the table alone. RECORDINGS may be named
by NOF1_RECORDINGS, as for the tests.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from math import isfinite, nan, sqrt
from pathlib import Path
from typing import Any

from nof1tui.domain.series.closes import Closes
from tests.support.paths import RECORDINGS
from tests.support.reference_series import consecutive, market_of, random_closes, recorded_closes

TABLE = Path(__file__).with_name("reference_values.json")
LIBRARIES = ("empyrical-reloaded", "ffn", "quantstats")
PERIODS = 365
TABLED_SEEDS = range(40)

Values = dict[str, float]


def libraries() -> Callable[[Closes, Closes], dict[str, Values]]:
    """A function that asks all three; raises ImportError where one is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import empyrical
        import ffn
        import numpy as np
        import pandas as pd
        from quantstats import stats as quantstats

    def prices_of(closes: Closes) -> Any:
        days = [closes.periods[0] - 1, *closes.periods]
        return pd.Series([closes.base_usd, *closes.values], index=pd.to_datetime(days, unit="D"))

    def asked(closes: Closes, market: Closes) -> dict[str, Values]:
        prices = prices_of(closes)
        returns = prices.pct_change().iloc[1:]
        market_returns = prices_of(market).pct_change().iloc[1:]
        fell = quantstats.max_drawdown(returns) < 0
        plain, hold = np.asarray(returns), np.asarray(market_returns)
        return {
            "empyrical-reloaded": {
                "volatility": empyrical.annual_volatility(plain, annualization=PERIODS),
                "sharpe": empyrical.sharpe_ratio(plain, annualization=PERIODS),
                "sortino": empyrical.sortino_ratio(plain, annualization=PERIODS),
                "max_drawdown": empyrical.max_drawdown(plain),
                "cagr": empyrical.cagr(plain, annualization=PERIODS),
                "calmar": empyrical.calmar_ratio(plain, annualization=PERIODS),
                "omega": empyrical.omega_ratio(plain, annualization=PERIODS),
                "value_at_risk": empyrical.value_at_risk(plain, cutoff=0.05),
                "conditional_value_at_risk": empyrical.conditional_value_at_risk(plain, cutoff=0.05),
                "beta": empyrical.beta(plain, hold),
            },
            "ffn": {
                "volatility": returns.std(ddof=1) * sqrt(PERIODS),
                "sharpe": ffn.calc_sharpe(returns, nperiods=PERIODS),
                "sortino": ffn.calc_sortino_ratio(returns, nperiods=PERIODS),
                "max_drawdown": ffn.calc_max_drawdown(prices),
                "cagr_of_365_25_days": ffn.calc_cagr(prices),
                "calmar_of_365_25_days": ffn.calc_calmar_ratio(prices),
                "longest_underwater_days": _longest_days(ffn, prices),
                "correlation": returns.corr(market_returns),
            },
            "quantstats": {
                "volatility": quantstats.volatility(returns, periods=PERIODS),
                "sharpe": quantstats.sharpe(returns, periods=PERIODS),
                "sortino": quantstats.sortino(returns, periods=PERIODS),
                "max_drawdown": quantstats.max_drawdown(returns),
                "cagr": quantstats.cagr(returns, periods=PERIODS),
                "calmar": quantstats.calmar(returns, periods=PERIODS) if fell else nan,
                "omega": quantstats.omega(returns, periods=PERIODS),
                "conditional_value_at_risk": quantstats.cvar(returns, method="historical"),
                "beta": quantstats.greeks(returns, market_returns, periods=PERIODS)["beta"],
            },
        }

    return asked


def _longest_days(ffn: Any, prices: Any) -> float:
    details = ffn.drawdown_details(ffn.to_drawdown_series(prices))
    return 0.0 if details is None else float(details["Length"].max())


def finite_values(answers: Mapping[str, Values]) -> dict[str, Values]:
    """The finite results."""
    return {
        library: {name: float(value) for name, value in values.items() if isfinite(value)}
        for library, values in answers.items()
    }


def table(path: Path = TABLE) -> dict[str, Any]:
    """The table as it was written."""
    read: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return read


def main() -> None:
    ask = libraries()
    rows: list[dict[str, Any]] = []
    for seed in TABLED_SEEDS:
        closes = random_closes(seed)
        rows.append({"seed": seed, "values": finite_values(ask(closes, market_of(closes)))})
    for name, recorded in recorded_closes(RECORDINGS).items():
        closes = consecutive(recorded)
        rows.append({
            "name": name,
            "base": closes.base_usd,
            "closes": closes.values,
            "values": finite_values(ask(closes, market_of(closes))),
        })  # fmt: skip
    made_with = {name: version(name) for name in LIBRARIES}
    lines = ",\n".join(json.dumps(row) for row in rows)
    TABLE.write_text(f'{{"made_with": {json.dumps(made_with)}, "rows": [\n{lines}\n]}}\n', "utf-8")


if __name__ == "__main__":
    main()
