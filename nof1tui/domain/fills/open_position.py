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
    cost_basis: Decimal | None
    """What is held at its entry price, as the chain reckons it; None where that is not known."""
    entered: Decimal = ZERO
    exited: Decimal = ZERO
    entry_value: Decimal = ZERO
    """Price times size, over all that was entered."""
    exit_value: Decimal = ZERO
    exit_cost_basis: Decimal | None = ZERO
    """What was taken out at its entry price; None where a fill did not tell."""
    gross: Decimal = ZERO
    """What its fills realised, before fees."""
    entry_fees: Decimal = ZERO
    exit_fees: Decimal = ZERO
    funding: Decimal = ZERO
    fills: int = 0
    liquidated: bool = False

    @classmethod
    def from_fill(cls, fill: Fill) -> OpenPosition:
        """The position that a fill finds, of which nothing else is known."""
        known = not fill.start_position
        return cls(
            coin=fill.coin,
            quantity=fill.start_position,
            side="long" if (fill.signed_size if known else fill.start_position) > 0 else "short",
            entry_at=fill.at if known else None,
            complete=known,
            first=fill,
            last=fill,
            cost_basis=ZERO if known else None,
        )

    def resync(self, quantity: Decimal) -> None:
        """Fills are missing; the next one found so much."""
        self.quantity, self.cost_basis, self.complete = quantity, None, False

    def apply(self, fill: Fill) -> None:
        """A fill that goes on from its position and does not cross zero."""
        value = fill.price * fill.size
        if fill.is_buy == (self.side == "long"):
            self.gross += fill.closed_pnl or ZERO
            self.entered += fill.size
            self.entry_value += value
            self.entry_fees += fill.fee
            self.cost_basis = None if self.cost_basis is None else self.cost_basis + value
        else:
            self._reduce(fill, value)
        self.quantity = fill.end_position
        self.fills += 1
        self.liquidated |= fill.is_liquidation
        self.last = fill

    def _reduce(self, fill: Fill, value: Decimal) -> None:
        sign = 1 if self.side == "long" else -1
        pnl = fill.closed_pnl
        if pnl is None and self.cost_basis is not None:
            pnl = round(sign * (value - self.cost_basis * fill.size / abs(self.quantity)), _PNL_DIGITS)
        gone = None if pnl is None else value - sign * pnl
        if gone is None:
            self.exit_cost_basis, self.complete = None, False
        else:
            self.exit_cost_basis = None if self.exit_cost_basis is None else self.exit_cost_basis + gone
            if self.cost_basis is not None:
                self.cost_basis -= gone
            elif value >= _MIN_PRICING_USD:
                self.cost_basis = gone / fill.size * abs(fill.end_position)
        self.gross += pnl or ZERO
        self.exited += fill.size
        self.exit_value += value
        self.exit_fees += fill.fee


def split_at_zero(fill: Fill) -> tuple[Fill, ...]:
    """The fill, or where it goes through zero its closing and its opening part."""
    if fill.start_position * fill.end_position >= 0:
        return (fill,)
    closing = abs(fill.start_position)
    fee = round(fill.fee * closing / fill.size, _FEE_DIGITS)
    return (
        replace(fill, size=closing, fee=fee),
        replace(fill, size=fill.size - closing, start_position=ZERO, closed_pnl=ZERO, fee=fill.fee - fee),
    )
