"""What the simulated chain knows as the info endpoint words it (contract 6): decimals as strings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from nof1tui.sources.simulated.chain.exchange_account import (
    MILLIONTH,
    ZERO_AMOUNT,
    ChainFill,
    ExchangeAccount,
    ExchangePosition,
    MarkPriceLookup,
)
from nof1tui.sources.simulated.chain.wallets import (
    ChainFunding,
    PositionTerms,
    SimulatedWallet,
    TriggerOrder,
    WalletValuePoint,
)

_JsonObject = dict[str, Any]
_HOUR_MS = 3_600_000
_PERIOD_HOURS = {"day": 24, "week": 168, "month": 720, "allTime": 0}
"""Hours of each period of a portfolio, and 0 for all."""
_MAX_POINTS = 64
_MAX_SLIPPAGE = Decimal("0.08")
"""How far behind its trigger a market order may fill."""


def format_amount(amount: Decimal) -> str:
    """As the chain prints decimals: `26951.0`, `0.0`, `-0.00785`."""
    plain = f"{amount.normalize() + ZERO_AMOUNT:f}"
    return plain if "." in plain else plain + ".0"


def build_state_payload(
    wallet: SimulatedWallet, book: ExchangeAccount, marks: MarkPriceLookup, now: int
) -> _JsonObject:
    """The answer to `clearinghouseState`."""
    held = [(coin, stake, wallet.terms(coin), marks(coin)) for coin, stake in book.positions.items()]
    value = book.value(marks)
    alone = sum(
        (terms.margin + stake.unrealised(mark) for _, stake, terms, mark in held if terms.margin is not None),
        ZERO_AMOUNT,
    )
    shared = [item for item in held if item[2].margin is None]
    crossed = sum((_margin(stake, terms, mark) for _, stake, terms, mark in shared), ZERO_AMOUNT)
    every = [(stake, mark) for _, stake, _, mark in held]
    return {
        "marginSummary": _build_summary_payload(value, crossed + alone, every),
        "crossMarginSummary": _build_summary_payload(
            value - alone, crossed, [(s, mark) for _, s, _, mark in shared]
        ),
        "crossMaintenanceMarginUsed": format_amount((crossed / 2).quantize(MILLIONTH)),
        "withdrawable": format_amount(max(ZERO_AMOUNT, value - alone - crossed)),
        "assetPositions": [
            {"type": "oneWay", "position": _build_position_payload(book, coin, stake, terms, mark)}
            for coin, stake, terms, mark in held
        ],
        "time": now,
    }


def _build_summary_payload(
    value: Decimal, margin: Decimal, held: Sequence[tuple[ExchangePosition, Decimal]]
) -> _JsonObject:
    net = sum((stake.value(mark) for stake, mark in held), ZERO_AMOUNT)
    gross = sum((abs(stake.value(mark)) for stake, mark in held), ZERO_AMOUNT)
    return {
        "accountValue": format_amount(value),
        "totalNtlPos": format_amount(gross),
        "totalRawUsd": format_amount(value - net),
        "totalMarginUsed": format_amount(margin),
    }


def _margin(stake: ExchangePosition, terms: PositionTerms, mark: Decimal) -> Decimal:
    if terms.margin is not None:
        return terms.margin + stake.unrealised(mark)
    return (abs(stake.value(mark)) / terms.leverage).quantize(MILLIONTH)


def _build_position_payload(
    book: ExchangeAccount, coin: str, stake: ExchangePosition, terms: PositionTerms, mark: Decimal
) -> _JsonObject:
    margin, unrealised = _margin(stake, terms, mark), stake.unrealised(mark)
    leverage: _JsonObject = {"type": "cross", "value": terms.leverage}
    if terms.margin is not None:
        raw = format_amount(margin - stake.value(mark))
        leverage = {"type": "isolated", "value": terms.leverage, "rawUsd": raw}
    paid = format_amount(-stake.funding)
    return {
        "coin": coin,
        "szi": format_amount(stake.quantity),
        "leverage": leverage,
        "entryPx": format_amount((stake.cost / stake.quantity).quantize(MILLIONTH)),
        "positionValue": format_amount(abs(stake.value(mark))),
        "unrealizedPnl": format_amount(unrealised),
        "returnOnEquity": format_amount(
            (unrealised * terms.leverage / abs(stake.cost)).quantize(Decimal("1e-8"))
        ),
        "liquidationPx": None if terms.liquidation is None else format_amount(terms.liquidation),
        "marginUsed": format_amount(margin),
        "maxLeverage": 40,
        "cumFunding": {
            "allTime": format_amount(-book.funding_by_coin.get(coin, ZERO_AMOUNT)),
            "sinceOpen": paid,
            "sinceChange": paid,
        },
    }


def build_fill_payload(address: str, done: ChainFill) -> _JsonObject:
    """One record of `userFillsByTime`."""
    record: _JsonObject = {
        "coin": done.coin,
        "px": format_amount(done.price),
        "sz": format_amount(abs(done.quantity)),
        "side": "B" if done.quantity > 0 else "A",
        "time": done.at,
        "startPosition": format_amount(done.start_position),
        "dir": fill_direction(done.start_position, done.quantity),
        "closedPnl": format_amount(done.closed_pnl),
        "hash": _hash(address, done.oid, done.at),
        "oid": done.oid,
        "crossed": done.crossed,
        "fee": format_amount(done.fee),
        "tid": done.tid,
        "feeToken": "USDC",
    }
    if done.liquidated:
        record["liquidation"] = {
            "liquidatedUser": address,
            "markPx": format_amount(done.price),
            "method": "market",
        }
    return record


def fill_direction(start: Decimal, quantity: Decimal) -> str:
    """What a fill of this signed quantity does to a position, in the chain's words."""
    side, other = ("Long", "Short") if quantity > 0 else ("Short", "Long")
    if start * quantity >= 0:
        return f"Open {side}"
    return f"Close {other}" if abs(quantity) <= abs(start) else f"{other} > {side}"


def build_funding_payload(address: str, payment: ChainFunding) -> _JsonObject:
    """One record of `userFunding`."""
    return {
        "time": payment.at,
        "hash": _hash(address, payment.coin, payment.at),
        "delta": {
            "type": "funding",
            "coin": payment.coin,
            "usdc": format_amount(payment.usd),
            "szi": format_amount(payment.quantity),
            "fundingRate": "0.0000125",
            "nSamples": None,
        },
    }


def build_order_payload(trigger: TriggerOrder) -> _JsonObject:
    """One record of `frontendOpenOrders`: a market order, reduce only, that waits for its price."""
    long = trigger.quantity > 0
    above = long == trigger.is_target
    size = format_amount(abs(trigger.quantity))
    limit = trigger.price * (1 - _MAX_SLIPPAGE if long else 1 + _MAX_SLIPPAGE)
    return {
        "coin": trigger.coin,
        "side": "A" if long else "B",
        "limitPx": format_amount(limit.quantize(MILLIONTH)),
        "sz": size,
        "oid": trigger.oid,
        "timestamp": trigger.placed_at,
        "triggerCondition": f"Price {'above' if above else 'below'} {format_amount(trigger.price)}",
        "isTrigger": True,
        "triggerPx": format_amount(trigger.price),
        "children": [],
        "isPositionTpsl": True,
        "reduceOnly": True,
        "orderType": "Take Profit Market" if trigger.is_target else "Stop Market",
        "origSz": size,
        "tif": None,
        "cloid": None,
    }


def build_portfolio_payload(
    points: Sequence[WalletValuePoint], fills: Iterable[ChainFill], now: int
) -> list[Any]:
    """The answer to `portfolio`: eight periods, those of perpetuals alone like those of everything."""
    traded = [(done.at, abs(done.quantity) * done.price) for done in fills]
    periods = {
        name: _build_period_payload(points, traded, now - hours * _HOUR_MS if hours else 0)
        for name, hours in _PERIOD_HOURS.items()
    }
    perps = {f"perp{name[0].upper()}{name[1:]}": told for name, told in periods.items()}
    return [[name, told] for name, told in (periods | perps).items()]


def _build_period_payload(
    points: Sequence[WalletValuePoint], traded: Iterable[tuple[int, Decimal]], begins: int
) -> _JsonObject:
    """P&L is counted from the period's beginning."""
    chosen = _thin_points([point for point in points if point.at >= begins])
    gains = [point.value - point.deposits for point in chosen]
    return {
        "accountValueHistory": [[point.at, format_amount(point.value)] for point in chosen],
        "pnlHistory": [
            [point.at, format_amount(gain - gains[0])] for point, gain in zip(chosen, gains, strict=True)
        ],
        "vlm": format_amount(sum((usd for at, usd in traded if at >= begins), ZERO_AMOUNT)),
    }


def _thin_points(points: Sequence[WalletValuePoint]) -> list[WalletValuePoint]:
    """Some sixty points, evenly over time, the first and the last among them."""
    if len(points) <= _MAX_POINTS:
        return list(points)
    step = (points[-1].at - points[0].at) // _MAX_POINTS
    kept = [points[0]]
    kept += [point for point in points[1:-1] if point.at >= kept[-1].at + step]
    return [*kept, points[-1]]


def _hash(*names: object) -> str:
    return "0x" + hashlib.sha256(":".join(map(str, names)).encode()).hexdigest()
