"""The prompt that the simulated arena's traders are asked with: market state, account, positions."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from nof1tui.sources.simulated.arena.decisions import DecisionCycle, PositionSnapshot
from nof1tui.sources.simulated.arena.market import COIN_SPECS, CoinSnapshot, CoinSpec

_INTRO = """\
It has been {minutes} minutes since you started trading. The current time is {now} and you've been invoked \
{invoked} times. You get state data, prices and predictive signals of six markets; use them to find an edge. \
Your account, its value, performance and positions follow at the end.

**EVERY SERIES BELOW IS ORDERED: OLDEST → NEWEST**

**Timeframes:** unless a section says otherwise, intraday series come at **2‑minute intervals**.

---

### CURRENT MARKET STATE FOR ALL COINS
"""
_COIN = """
### ALL {coin} DATA

current_price = {price}, current_ema20 = {ema}, current_macd = {macd}, current_rsi (7 period) = {rsi}

Open interest and funding rate of the {coin} perpetual:

Open Interest: Latest: {interest}  Average: {average}

Funding Rate: {funding}

**Intraday series (2‑minute intervals, oldest → latest):**

Mid prices: {mids}

EMA indicators (20‑period): {emas}

MACD indicators: {macds}

RSI indicators (7‑Period): {rsis7}

RSI indicators (14‑Period): {rsis14}

**Longer‑term context (4‑hour timeframe):**

20‑Period EMA: {ema20} vs. 50‑Period EMA: {ema50}

3‑Period ATR: {atr3} vs. 14‑Period ATR: {atr14}

Current Volume: {volume} vs. Average Volume: {average_volume}

MACD indicators: {long_macds}

RSI indicators (14‑Period): {long_rsis}

---
"""
_ACCOUNT = """
### HERE IS YOUR ACCOUNT INFORMATION & PERFORMANCE

Current Total Return (percent): {ret}%

Available Cash: {free}

**Current Account Value:** {equity}

Current live positions & performance:
{positions}

Sharpe Ratio: {sharpe}"""


def render_prompt(cycle: DecisionCycle) -> str:
    """The whole prompt of one decision, about 8 to 10 kB."""
    now = datetime.fromtimestamp(cycle.at, UTC).replace(tzinfo=None)
    intro = _INTRO.format(
        minutes=int((cycle.at - cycle.started_at) // 60),
        now=now.isoformat(sep=" ", timespec="microseconds"),
        invoked=cycle.number,
    )
    account = _ACCOUNT.format(
        ret=round(cycle.return_pct, 2),
        free=round(cycle.free_cash, 2),
        equity=round(cycle.equity, 2),
        positions="\n".join(_position(held) for held in cycle.positions_before) or "None",
        sharpe=round(cycle.sharpe, 3),
    )
    return intro + _market(cycle.snapshots) + account


@lru_cache(maxsize=32)
def _market(sights: tuple[CoinSnapshot, ...]) -> str:
    """The part that all traders asked within one step share."""
    return "".join(map(_section, COIN_SPECS, sights))


def _section(coin: CoinSpec, sight: CoinSnapshot) -> str:
    digits = min(coin.price_digits, 3)
    mids, emas, macds, rsis7, rsis14 = zip(*sight.bars, strict=True)
    long_macds, long_rsis = zip(*sight.long_bars, strict=True)
    atr = mids[-1] * sight.volatility * 0.4
    swing = (rsis7[-1] - 50.0) / 50.0
    return _COIN.format(
        coin=coin.symbol,
        price=mids[-1],
        ema=round(emas[-1], 3),
        macd=round(macds[-1], 3),
        rsi=round(rsis7[-1], 3),
        interest=round(coin.open_interest * (1.0 + 0.002 * swing), 2),
        average=round(coin.open_interest, 2),
        funding=round(1.25e-05 + 2e-05 * swing, 10),
        mids=_series(mids, coin.price_digits),
        emas=_series(emas, 3),
        macds=_series(macds, 3),
        rsis7=_series(rsis7, 3),
        rsis14=_series(rsis14, 3),
        ema20=round(sight.long_emas[0], 3),
        ema50=round(sight.long_emas[1], 3),
        atr3=round(atr * (1.0 + 0.3 * abs(swing)), digits),
        atr14=round(atr, digits),
        volume=round(coin.open_interest * 0.004 * (1.0 + abs(swing)), 3),
        average_volume=round(coin.open_interest * 0.17, 3),
        long_macds=_series(long_macds, 3),
        long_rsis=_series(long_rsis, 3),
    )


def _series(values: tuple[float, ...], digits: int) -> str:
    return str([round(value, digits) for value in values])


def _position(held: PositionSnapshot) -> str:
    """A position as Python prints a dict: single quotes, `False`."""
    oid, tp_oid, sl_oid = held.oids
    return str({
        "symbol": COIN_SPECS[held.coin].symbol,
        "quantity": float(held.quantity),
        "entry_price": held.entry_price,
        "current_price": held.price,
        "liquidation_price": round(held.liquidation_price, 2),
        "unrealized_pnl": round(held.unrealized, 2),
        "leverage": held.leverage,
        "exit_plan": {
            "profit_target": held.plan.target,
            "stop_loss": held.plan.stop,
            "invalidation_condition": held.plan.invalidation,
        },
        "confidence": held.plan.confidence,
        "risk_usd": held.plan.risk_usd,
        "sl_oid": sl_oid,
        "tp_oid": tp_oid,
        "wait_for_fill": False,
        "entry_oid": oid,
        "notional_usd": round(abs(held.quantity) * held.price, 2),
    })  # fmt: skip
