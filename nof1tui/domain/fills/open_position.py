"""An open position built from fills, in exact decimals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from nof1tui.domain.fills.fill import ZERO, Fill
from nof1tui.domain.records import Side

_FEE_DIGITS = 10
"""Digits to which a fee is split; the remainder goes to the other part, so that the sum is exact."""
_PNL_DIGITS = 6
"""Digits of realised P&L as the chain reports it."""
_MIN_PRICING_USD = 1
"""Smaller fills give no entry price, because the chain rounds their realised P&L."""


class OpenPosition(Struct):
    """A mutable position. Money in USD; sizes unsigned unless noted."""

    coin: str
    quantity: Decimal
    """Signed."""
    side: Side
    entry_at: datetime | None
    """None if the opening fill is unknown."""
    complete: bool
    """Whether all its fills are known."""
    first: Fill
    last: Fill
    cost_basis: Decimal | None
    """Cost of the current size at its entry price, as the chain computes it; None if unknown."""
    entered: Decimal = ZERO
    exited: Decimal = ZERO
    entry_value: Decimal = ZERO
    """Sum of price times size over all entries."""
    exit_value: Decimal = ZERO
    exit_cost_basis: Decimal | None = ZERO
    """Cost of the exited size at its entry price; None if a fill does not report its P&L."""
    gross: Decimal = ZERO
    """Realised P&L of its fills, before fees."""
    entry_fees: Decimal = ZERO
    exit_fees: Decimal = ZERO
    funding: Decimal = ZERO
    fills: int = 0
    liquidated: bool = False

    @classmethod
    def from_fill(cls, fill: Fill) -> OpenPosition:
        """The position before a fill, of which only the start position is known."""
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
        """Set the quantity where fills are missing: the next fill starts from it."""
        self.quantity, self.cost_basis, self.complete = quantity, None, False

    def apply(self, fill: Fill) -> None:
        """Apply a fill that starts at the current quantity and does not cross zero."""
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
        exit_cost = None if pnl is None else value - sign * pnl
        if exit_cost is None:
            self.exit_cost_basis, self.complete = None, False
        else:
            self.exit_cost_basis = None if self.exit_cost_basis is None else self.exit_cost_basis + exit_cost
            if self.cost_basis is not None:
                self.cost_basis -= exit_cost
            elif value >= _MIN_PRICING_USD:
                self.cost_basis = exit_cost / fill.size * abs(fill.end_position)
        self.gross += pnl or ZERO
        self.exited += fill.size
        self.exit_value += value
        self.exit_fees += fill.fee


def split_at_zero(fill: Fill) -> tuple[Fill, ...]:
    """The fill, or its closing and its opening part if it crosses zero."""
    if fill.start_position * fill.end_position >= 0:
        return (fill,)
    closing = abs(fill.start_position)
    fee = round(fill.fee * closing / fill.size, _FEE_DIGITS)
    return (
        replace(fill, size=closing, fee=fee),
        replace(fill, size=fill.size - closing, start_position=ZERO, closed_pnl=ZERO, fee=fill.fee - fee),
    )
