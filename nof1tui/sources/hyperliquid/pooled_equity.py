"""Equity of an account whose money is pooled in spot, decided by measurement (contract section 2), pure.

The spot total of a pooled account holds the value of its perpetuals, as most evidence says; one report says
that unrealised P&L is left out. The value in the account's portfolio decides for each account.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct, structs

from nof1tui.domain.fills.fill import ZERO

EquityRule = Literal["spot", "spot_and_unrealised"]
"""What equity is: the spot total, or that and unrealised P&L."""
_LEAST_TOLERANCE_USD = Decimal("0.50")
_TOLERANCE_SHARE = Decimal("0.0005")
_DISTINCT = 3
"""Tolerances by which unrealised P&L must differ from 0 to show which rule holds."""
_CONTRADICTIONS = 2
"""Later portfolio values that must contradict a decision before it changes."""


def equity_tolerance(portfolio_usd: Decimal) -> Decimal:
    """USD by which an equity may differ from the portfolio's value: 0.05 %, at least 0.50."""
    return max(_LEAST_TOLERANCE_USD, _TOLERANCE_SHARE * abs(portfolio_usd))


class PooledEquity(Struct, frozen=True):
    """How the equity of a pooled account is formed, and how well it agrees with its portfolio."""

    rule: EquityRule = "spot"
    decided: bool = False
    """Whether a portfolio value has confirmed the rule."""
    contradictions: int = 0
    """Portfolio values in a row that confirm the other rule."""
    unreconciled_usd: Decimal | None = None
    """Equity less the portfolio's value, where neither rule agrees with it."""

    def equity_usd(self, spot_usd: Decimal, unrealized_usd: Decimal) -> Decimal:
        return spot_usd + unrealized_usd if self.rule == "spot_and_unrealised" else spot_usd

    def reconciled(self, spot_usd: Decimal, unrealized_usd: Decimal, portfolio_usd: Decimal) -> PooledEquity:
        """After a portfolio value that was read together with the balances."""
        tolerance = equity_tolerance(portfolio_usd)
        is_distinct = abs(unrealized_usd) > _DISTINCT * tolerance
        if abs(spot_usd - portfolio_usd) <= tolerance:
            return self._confirmed("spot", is_distinct)
        if is_distinct and abs(spot_usd + unrealized_usd - portfolio_usd) <= tolerance:
            return self._confirmed("spot_and_unrealised", is_distinct)
        difference = self.equity_usd(spot_usd, unrealized_usd) - portfolio_usd
        return structs.replace(self, unreconciled_usd=difference)

    def _confirmed(self, rule: EquityRule, is_distinct: bool) -> PooledEquity:
        if rule == self.rule or not is_distinct:
            return structs.replace(
                self, decided=self.decided or is_distinct, contradictions=0, unreconciled_usd=None
            )
        if self.decided and self.contradictions + 1 < _CONTRADICTIONS:
            return structs.replace(self, contradictions=self.contradictions + 1)
        return PooledEquity(rule, decided=True)


class WalletEquity(Struct, frozen=True):
    """The equity of a wallet, with what its details say about it."""

    usd: Decimal
    mode: str
    rule: EquityRule | None = None
    """None where the states of the perpetuals are the equity."""
    vaults_usd: Decimal = ZERO
    """What it has in vaults, part of `usd`."""
    unreconciled_usd: Decimal | None = None
    unpriced: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def details(self) -> dict[str, str]:
        """Texts for the row's details; empty for a classic account."""
        if self.rule is None:
            return {}
        found = {
            "mode": self.mode,
            "equity_rule": "spot balances and unrealised P&L" if self.rule != "spot" else "spot balances",
            "vaults_usd": str(self.vaults_usd) if self.vaults_usd else "",
            "unreconciled_usd": "" if self.unreconciled_usd is None else str(self.unreconciled_usd),
            "tokens_unpriced": " ".join(self.unpriced),
            "tokens_at_one_dollar": " ".join(self.assumed),
        }
        return {key: text for key, text in found.items() if text}
