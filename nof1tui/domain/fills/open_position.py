"""One position while its fills are counted, in exact decimals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nof1tui.domain.fills.fill import ZERO, Fill
from nof1tui.domain.records import Side

_FEE_DIGITS = 10
"""To what a fee is shared out; the rest of a share goes to the other, so that nothing is lost."""
_PNL_DIGITS = 6
"""As the chain prints what a fill realised."""
_MIN_PRICING_USD = 1
"""A fill of less says nothing of the entry price: the chain rounds what it realised."""


@dataclass(slots=True)
class OpenPosition:
    """A position that changes. Money in USD; sizes unsigned unless said."""

    coin: str
    quantity: Decimal
    """Signed."""
    side: Side
    entry_at: datetime | None
    """None where its opening is not known."""
    complete: bool
    """Every fill of it is known."""
    first: Fill
    last: Fill
    cost: Decimal | None
    """What is held at its entry price, as the chain reckons it; None where that is not known."""
    entered: Decimal = ZERO
    exited: Decimal = ZERO
    entry_value: Decimal = ZERO
    """Price times size, over all that was entered."""
    exit_value: Decimal = ZERO
    exit_cost: Decimal | None = ZERO
    """What was taken out at its entry price; None where a fill did not tell."""
    gross: Decimal = ZERO
    """What its fills realised, before fees."""
    entry_fees: Decimal = ZERO
    exit_fees: Decimal = ZERO
    funding: Decimal = ZERO
    fills: int = 0
    liquidated: bool = False

    @classmethod
    def before(cls, fill: Fill) -> OpenPosition:
        """The position that a fill finds, of which nothing else is known."""
        known = not fill.start
        return cls(
            coin=fill.coin,
            quantity=fill.start,
            side="long" if (fill.signed if known else fill.start) > 0 else "short",
            entry_at=fill.at if known else None,
            complete=known,
            first=fill,
            last=fill,
            cost=ZERO if known else None,
        )

    def jump(self, quantity: Decimal) -> None:
        """Fills are missing; the next one found so much."""
        self.quantity, self.cost, self.complete = quantity, None, False

    def take(self, fill: Fill) -> None:
        """A fill that goes on from its position and does not cross zero."""
        value = fill.price * fill.size
        if fill.is_buy == (self.side == "long"):
            self.gross += fill.closed_pnl or ZERO
            self.entered += fill.size
            self.entry_value += value
            self.entry_fees += fill.fee
            self.cost = None if self.cost is None else self.cost + value
        else:
            self._reduce(fill, value)
        self.quantity = fill.after
        self.fills += 1
        self.liquidated |= fill.is_liquidation
        self.last = fill

    def _reduce(self, fill: Fill, value: Decimal) -> None:
        sign = 1 if self.side == "long" else -1
        pnl = fill.closed_pnl
        if pnl is None and self.cost is not None:
            pnl = round(sign * (value - self.cost * fill.size / abs(self.quantity)), _PNL_DIGITS)
        gone = None if pnl is None else value - sign * pnl
        if gone is None:
            self.exit_cost, self.complete = None, False
        else:
            self.exit_cost = None if self.exit_cost is None else self.exit_cost + gone
            if self.cost is not None:
                self.cost -= gone
            elif value >= _MIN_PRICING_USD:
                self.cost = gone / fill.size * abs(fill.after)
        self.gross += pnl or ZERO
        self.exited += fill.size
        self.exit_value += value
        self.exit_fees += fill.fee


def split_at_zero(fill: Fill) -> tuple[Fill, ...]:
    """The fill, or where it goes through zero its closing and its opening part."""
    if fill.start * fill.after >= 0:
        return (fill,)
    closing = abs(fill.start)
    fee = round(fill.fee * closing / fill.size, _FEE_DIGITS)
    return (
        replace(fill, size=closing, fee=fee),
        replace(fill, size=fill.size - closing, start=ZERO, closed_pnl=ZERO, fee=fill.fee - fee),
    )
