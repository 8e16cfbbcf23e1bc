"""JSON answers of the simulated chain's info endpoint (contract 6): decimals as strings."""

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
"""Hours of each period of a portfolio; 0 for all time."""
_MAX_POINTS = 64
_MAX_SLIPPAGE = Decimal("0.08")
"""Largest distance of a fill from the trigger of its market order."""


def format_amount(amount: Decimal) -> str:
    """A decimal as the chain prints it: `26951.0`, `0.0`, `-0.00785`."""
    plain = f"{amount.normalize() + ZERO_AMOUNT:f}"
    return plain if "." in plain else plain + ".0"


def build_state_payload(
    wallet: SimulatedWallet, account: ExchangeAccount, marks: MarkPriceLookup, now: int
) -> _JsonObject:
    """The answer to `clearinghouseState`."""
    positions = [
        (coin, position, wallet.terms(coin), marks(coin)) for coin, position in account.positions.items()
    ]
    value = account.value(marks)
    isolated_margin = sum(
        (
            terms.margin + position.unrealised(mark)
            for _, position, terms, mark in positions
            if terms.margin is not None
        ),
        ZERO_AMOUNT,
    )
    cross = [item for item in positions if item[2].margin is None]
    cross_margin = sum((_margin(position, terms, mark) for _, position, terms, mark in cross), ZERO_AMOUNT)
    all_positions = [(position, mark) for _, position, _, mark in positions]
    return {
        "marginSummary": _build_summary_payload(value, cross_margin + isolated_margin, all_positions),
        "crossMarginSummary": _build_summary_payload(
            value - isolated_margin, cross_margin, [(s, mark) for _, s, _, mark in cross]
        ),
        "crossMaintenanceMarginUsed": format_amount((cross_margin / 2).quantize(MILLIONTH)),
        "withdrawable": format_amount(max(ZERO_AMOUNT, value - isolated_margin - cross_margin)),
        "assetPositions": [
            {"type": "oneWay", "position": _build_position_payload(account, coin, position, terms, mark)}
            for coin, position, terms, mark in positions
        ],
        "time": now,
    }


def _build_summary_payload(
    value: Decimal, margin: Decimal, positions: Sequence[tuple[ExchangePosition, Decimal]]
) -> _JsonObject:
    net = sum((position.value(mark) for position, mark in positions), ZERO_AMOUNT)
    gross = sum((abs(position.value(mark)) for position, mark in positions), ZERO_AMOUNT)
    return {
        "accountValue": format_amount(value),
        "totalNtlPos": format_amount(gross),
        "totalRawUsd": format_amount(value - net),
        "totalMarginUsed": format_amount(margin),
    }


def _margin(position: ExchangePosition, terms: PositionTerms, mark: Decimal) -> Decimal:
    if terms.margin is not None:
        return terms.margin + position.unrealised(mark)
    return (abs(position.value(mark)) / terms.leverage).quantize(MILLIONTH)


def _build_position_payload(
    account: ExchangeAccount, coin: str, position: ExchangePosition, terms: PositionTerms, mark: Decimal
) -> _JsonObject:
    margin, unrealised = _margin(position, terms, mark), position.unrealised(mark)
    leverage: _JsonObject = {"type": "cross", "value": terms.leverage}
    if terms.margin is not None:
        raw = format_amount(margin - position.value(mark))
        leverage = {"type": "isolated", "value": terms.leverage, "rawUsd": raw}
    paid = format_amount(-position.funding)
    return {
        "coin": coin,
        "szi": format_amount(position.quantity),
        "leverage": leverage,
        "entryPx": format_amount((position.cost / position.quantity).quantize(MILLIONTH)),
        "positionValue": format_amount(abs(position.value(mark))),
        "unrealizedPnl": format_amount(unrealised),
        "returnOnEquity": format_amount(
            (unrealised * terms.leverage / abs(position.cost)).quantize(Decimal("1e-8"))
        ),
        "liquidationPx": None if terms.liquidation is None else format_amount(terms.liquidation),
        "marginUsed": format_amount(margin),
        "maxLeverage": 40,
        "cumFunding": {
            "allTime": format_amount(-account.funding_by_coin.get(coin, ZERO_AMOUNT)),
            "sinceOpen": paid,
            "sinceChange": paid,
        },
    }


def build_fill_payload(address: str, fill: ChainFill) -> _JsonObject:
    """One record of `userFillsByTime`."""
    record: _JsonObject = {
        "coin": fill.coin,
        "px": format_amount(fill.price),
        "sz": format_amount(abs(fill.quantity)),
        "side": "B" if fill.quantity > 0 else "A",
        "time": fill.at,
        "startPosition": format_amount(fill.start_position),
        "dir": fill_direction(fill.start_position, fill.quantity),
        "closedPnl": format_amount(fill.closed_pnl),
        "hash": _hash(address, fill.oid, fill.at),
        "oid": fill.oid,
        "crossed": fill.crossed,
        "fee": format_amount(fill.fee),
        "tid": fill.tid,
        "feeToken": "USDC",
    }
    if fill.liquidated:
        record["liquidation"] = {
            "liquidatedUser": address,
            "markPx": format_amount(fill.price),
            "method": "market",
        }
    return record


def fill_direction(start: Decimal, quantity: Decimal) -> str:
    """The chain's `dir` of a fill of this signed quantity, on a position of size `start`."""
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
    """One record of `frontendOpenOrders`: a reduce-only market order with a trigger price."""
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
    """The answer to `portfolio`: eight periods; those of perpetuals equal the total ones."""
    traded = [(fill.at, abs(fill.quantity) * fill.price) for fill in fills]
    periods = {
        name: _build_period_payload(points, traded, now - hours * _HOUR_MS if hours else 0)
        for name, hours in _PERIOD_HOURS.items()
    }
    perps = {f"perp{name[0].upper()}{name[1:]}": period for name, period in periods.items()}
    return [[name, period] for name, period in (periods | perps).items()]


def _build_period_payload(
    points: Sequence[WalletValuePoint], traded: Iterable[tuple[int, Decimal]], begins: int
) -> _JsonObject:
    """One period; its P&L begins at 0."""
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
    """About sixty points evenly over time, including the first and the last."""
    if len(points) <= _MAX_POINTS:
        return list(points)
    step = (points[-1].at - points[0].at) // _MAX_POINTS
    thinned = [points[0]]
    thinned += [point for point in points[1:-1] if point.at >= thinned[-1].at + step]
    return [*thinned, points[-1]]


def _hash(*names: object) -> str:
    return "0x" + hashlib.sha256(":".join(map(str, names)).encode()).hexdigest()
