"""What the simulated chain knows as the info endpoint words it (contract 6): decimals as strings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from nof1tui.sources.simulated.chain.book import MILLIONTH, ZERO, Book, Fill, Marks, Stake
from nof1tui.sources.simulated.chain.wallets import Payment, Point, Terms, Trigger, Wallet

Json = dict[str, Any]
HOUR_MS = 3_600_000
PERIODS = {"day": 24, "week": 168, "month": 720, "allTime": 0}
"""Hours of each period of a portfolio, and 0 for all."""
POINTS = 64
SLIPPAGE = Decimal("0.08")
"""How far behind its trigger a market order may fill."""


def text(amount: Decimal) -> str:
    """As the chain prints decimals: `26951.0`, `0.0`, `-0.00785`."""
    plain = f"{amount.normalize() + ZERO:f}"
    return plain if "." in plain else plain + ".0"


def state(wallet: Wallet, book: Book, marks: Marks, now: int) -> Json:
    """The answer to `clearinghouseState`."""
    held = [(coin, stake, wallet.terms(coin), marks(coin)) for coin, stake in book.stakes.items()]
    value = book.value(marks)
    alone = sum(
        (terms.margin + stake.unrealised(mark) for _, stake, terms, mark in held if terms.margin is not None),
        ZERO,
    )
    shared = [item for item in held if item[2].margin is None]
    crossed = sum((_margin(stake, terms, mark) for _, stake, terms, mark in shared), ZERO)
    every = [(stake, mark) for _, stake, _, mark in held]
    return {
        "marginSummary": _summary(value, crossed + alone, every),
        "crossMarginSummary": _summary(value - alone, crossed, [(s, mark) for _, s, _, mark in shared]),
        "crossMaintenanceMarginUsed": text((crossed / 2).quantize(MILLIONTH)),
        "withdrawable": text(max(ZERO, value - alone - crossed)),
        "assetPositions": [
            {"type": "oneWay", "position": _position(book, coin, stake, terms, mark)}
            for coin, stake, terms, mark in held
        ],
        "time": now,
    }


def _summary(value: Decimal, margin: Decimal, held: Sequence[tuple[Stake, Decimal]]) -> Json:
    net = sum((stake.value(mark) for stake, mark in held), ZERO)
    gross = sum((abs(stake.value(mark)) for stake, mark in held), ZERO)
    return {
        "accountValue": text(value),
        "totalNtlPos": text(gross),
        "totalRawUsd": text(value - net),
        "totalMarginUsed": text(margin),
    }


def _margin(stake: Stake, terms: Terms, mark: Decimal) -> Decimal:
    if terms.margin is not None:
        return terms.margin + stake.unrealised(mark)
    return (abs(stake.value(mark)) / terms.leverage).quantize(MILLIONTH)


def _position(book: Book, coin: str, stake: Stake, terms: Terms, mark: Decimal) -> Json:
    margin, unrealised = _margin(stake, terms, mark), stake.unrealised(mark)
    leverage: Json = {"type": "cross", "value": terms.leverage}
    if terms.margin is not None:
        raw = text(margin - stake.value(mark))
        leverage = {"type": "isolated", "value": terms.leverage, "rawUsd": raw}
    paid = text(-stake.funding)
    return {
        "coin": coin,
        "szi": text(stake.quantity),
        "leverage": leverage,
        "entryPx": text((stake.cost / stake.quantity).quantize(MILLIONTH)),
        "positionValue": text(abs(stake.value(mark))),
        "unrealizedPnl": text(unrealised),
        "returnOnEquity": text((unrealised * terms.leverage / abs(stake.cost)).quantize(Decimal("1e-8"))),
        "liquidationPx": None if terms.liquidation is None else text(terms.liquidation),
        "marginUsed": text(margin),
        "maxLeverage": 40,
        "cumFunding": {
            "allTime": text(-book.funding_by_coin.get(coin, ZERO)),
            "sinceOpen": paid,
            "sinceChange": paid,
        },
    }


def fill(address: str, done: Fill) -> Json:
    """One record of `userFillsByTime`."""
    record: Json = {
        "coin": done.coin,
        "px": text(done.price),
        "sz": text(abs(done.quantity)),
        "side": "B" if done.quantity > 0 else "A",
        "time": done.at,
        "startPosition": text(done.start),
        "dir": direction(done.start, done.quantity),
        "closedPnl": text(done.closed_pnl),
        "hash": _hash(address, done.oid, done.at),
        "oid": done.oid,
        "crossed": done.crossed,
        "fee": text(done.fee),
        "tid": done.tid,
        "feeToken": "USDC",
    }
    if done.liquidated:
        record["liquidation"] = {
            "liquidatedUser": address,
            "markPx": text(done.price),
            "method": "market",
        }
    return record


def direction(start: Decimal, quantity: Decimal) -> str:
    """What a fill of this signed quantity does to a position, in the chain's words."""
    side, other = ("Long", "Short") if quantity > 0 else ("Short", "Long")
    if start * quantity >= 0:
        return f"Open {side}"
    return f"Close {other}" if abs(quantity) <= abs(start) else f"{other} > {side}"


def funding(address: str, payment: Payment) -> Json:
    """One record of `userFunding`."""
    return {
        "time": payment.at,
        "hash": _hash(address, payment.coin, payment.at),
        "delta": {
            "type": "funding",
            "coin": payment.coin,
            "usdc": text(payment.usd),
            "szi": text(payment.quantity),
            "fundingRate": "0.0000125",
            "nSamples": None,
        },
    }


def order(trigger: Trigger) -> Json:
    """One record of `frontendOpenOrders`: a market order, reduce only, that waits for its price."""
    long = trigger.quantity > 0
    above = long == trigger.target
    size = text(abs(trigger.quantity))
    limit = trigger.price * (1 - SLIPPAGE if long else 1 + SLIPPAGE)
    return {
        "coin": trigger.coin,
        "side": "A" if long else "B",
        "limitPx": text(limit.quantize(MILLIONTH)),
        "sz": size,
        "oid": trigger.oid,
        "timestamp": trigger.placed_at,
        "triggerCondition": f"Price {'above' if above else 'below'} {text(trigger.price)}",
        "isTrigger": True,
        "triggerPx": text(trigger.price),
        "children": [],
        "isPositionTpsl": True,
        "reduceOnly": True,
        "orderType": "Take Profit Market" if trigger.target else "Stop Market",
        "origSz": size,
        "tif": None,
        "cloid": None,
    }


def portfolio(points: Sequence[Point], fills: Iterable[Fill], now: int) -> list[Any]:
    """The answer to `portfolio`: eight periods, those of perpetuals alone like those of everything."""
    traded = [(done.at, abs(done.quantity) * done.price) for done in fills]
    periods = {
        name: _period(points, traded, now - hours * HOUR_MS if hours else 0)
        for name, hours in PERIODS.items()
    }
    perps = {f"perp{name[0].upper()}{name[1:]}": told for name, told in periods.items()}
    return [[name, told] for name, told in (periods | perps).items()]


def _period(points: Sequence[Point], traded: Iterable[tuple[int, Decimal]], begins: int) -> Json:
    """P&L is counted from the period's beginning."""
    chosen = _thinned([point for point in points if point.at >= begins])
    gains = [point.value - point.deposits for point in chosen]
    return {
        "accountValueHistory": [[point.at, text(point.value)] for point in chosen],
        "pnlHistory": [[point.at, text(gain - gains[0])] for point, gain in zip(chosen, gains, strict=True)],
        "vlm": text(sum((usd for at, usd in traded if at >= begins), ZERO)),
    }


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Some sixty points, evenly over time, the first and the last among them."""
    if len(points) <= POINTS:
        return list(points)
    step = (points[-1].at - points[0].at) // POINTS
    kept = [points[0]]
    kept += [point for point in points[1:-1] if point.at >= kept[-1].at + step]
    return [*kept, points[-1]]


def _hash(*names: object) -> str:
    return "0x" + hashlib.sha256(":".join(map(str, names)).encode()).hexdigest()
