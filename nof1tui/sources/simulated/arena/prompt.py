"""The prompt that the simulated arena's traders answer: market state, account, positions."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from nof1tui.sources.simulated.arena.decisions import DecisionCycle, PositionSnapshot
from nof1tui.sources.simulated.arena.market import COIN_SPECS, CoinSnapshot, CoinSpec
from nof1tui.sources.simulated.arena.prose import load_prose


def render_prompt(cycle: DecisionCycle) -> str:
    """The whole prompt of one decision, about 8 to 10 kB."""
    now = datetime.fromtimestamp(cycle.at, UTC).replace(tzinfo=None)
    texts = load_prose().prompt
    introduction = texts.introduction.format(
        minutes=int((cycle.at - cycle.started_at) // 60),
        now=now.isoformat(sep=" ", timespec="microseconds"),
        invoked=cycle.number,
    )
    account = texts.account.format(
        ret=round(cycle.return_pct, 2),
        free=round(cycle.free_cash, 2),
        equity=round(cycle.equity, 2),
        positions="\n".join(_position(position) for position in cycle.positions_before) or "None",
        sharpe=round(cycle.sharpe, 3),
    )
    return introduction + _market(cycle.snapshots) + account


@lru_cache(maxsize=32)
def _market(snapshots: tuple[CoinSnapshot, ...]) -> str:
    """The part shared by all prompts of one step."""
    return "".join(map(_section, COIN_SPECS, snapshots))


def _section(coin: CoinSpec, snapshot: CoinSnapshot) -> str:
    digits = min(coin.price_digits, 3)
    mids, emas, macds, rsis7, rsis14 = zip(*snapshot.bars, strict=True)
    long_macds, long_rsis = zip(*snapshot.long_bars, strict=True)
    atr = mids[-1] * snapshot.volatility * 0.4
    swing = (rsis7[-1] - 50.0) / 50.0
    return load_prose().prompt.coin.format(
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
        ema20=round(snapshot.long_emas[0], 3),
        ema50=round(snapshot.long_emas[1], 3),
        atr3=round(atr * (1.0 + 0.3 * abs(swing)), digits),
        atr14=round(atr, digits),
        volume=round(coin.open_interest * 0.004 * (1.0 + abs(swing)), 3),
        average_volume=round(coin.open_interest * 0.17, 3),
        long_macds=_series(long_macds, 3),
        long_rsis=_series(long_rsis, 3),
    )


def _series(values: tuple[float, ...], digits: int) -> str:
    return str([round(value, digits) for value in values])


def _position(position: PositionSnapshot) -> str:
    """A position as Python prints a dict: single quotes, `False`."""
    oid, tp_oid, sl_oid = position.oids
    return str({
        "symbol": COIN_SPECS[position.coin].symbol,
        "quantity": float(position.quantity),
        "entry_price": position.entry_price,
        "current_price": position.price,
        "liquidation_price": round(position.liquidation_price, 2),
        "unrealized_pnl": round(position.unrealized, 2),
        "leverage": position.leverage,
        "exit_plan": {
            "profit_target": position.plan.target,
            "stop_loss": position.plan.stop,
            "invalidation_condition": position.plan.invalidation,
        },
        "confidence": position.plan.confidence,
        "risk_usd": position.plan.risk_usd,
        "sl_oid": sl_oid,
        "tp_oid": tp_oid,
        "wait_for_fill": False,
        "entry_oid": oid,
        "notional_usd": round(abs(position.quantity) * position.price, 2),
    })  # fmt: skip
