"""Entries of a wallet's ledger as capital flows (contract section 3), pure.

What a flow is depends on the scope of the wallet's equity: of the perpetuals alone, or of everything it
owns. Amounts are unsigned on the wire; who sent and who received decides the sign. A fee of moving money
is part of the flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from nof1tui.domain.records import AccountKey, CapitalFlow, FlowKind
from nof1tui.domain.sanitisation import sanitise_line

Scope = Literal["perps", "total"]
"""What a wallet's equity covers: its perpetuals over all markets, or spot and vaults as well."""
DOLLAR_TOKENS = frozenset({"", "USDC", "USDH", "USDE", "USDT0"})
_SPOT = "spot"
_ZERO = Decimal(0)


class UncountedEntry(ValueError):
    """An entry whose amount is not known: of an unknown type, or in a token without a price."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One update of the ledger; several of one transaction share its hash."""

    at: datetime
    hash: str
    delta: str
    """The change as JSON."""

    @property
    def id(self) -> str:
        """The same for the same entry, whichever page it comes from."""
        content = f"{self.at.timestamp()}:{self.hash}:{self.delta}".encode("utf-8", "backslashreplace")
        return blake2b(content, digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class _Movement:
    """An entry seen from one wallet."""

    fields: Mapping[str, Any]
    wallet: str
    scope: Scope

    def amount(self, *names: str) -> Decimal:
        """The first of these fields that is there; raises UncountedEntry without a finite one."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return _finite(value)
        raise UncountedEntry(f"without {names[0]}")

    def optional(self, name: str) -> Decimal:
        return self.amount(name) if self.fields.get(name) is not None else _ZERO

    def is_wallet(self, name: str) -> bool:
        return str(self.fields.get(name, "")).lower() == self.wallet.lower()

    def text(self, name: str) -> str:
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    @property
    def dollar_fee(self) -> Decimal:
        """The fee; one in another token than dollars is left to the pending flow."""
        return self.optional("fee") if self.text("feeToken").upper() in DOLLAR_TOKENS else _ZERO

    @property
    def is_total(self) -> bool:
        return self.scope == "total"


def _finite(value: str | int | float) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise UncountedEntry(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise UncountedEntry(f"{value!r} is not a finite number")
    return number


def _between_addresses(move: _Movement, usd: Decimal) -> Decimal:
    """Signed value of a transfer; the sender pays the fee as well."""
    comes, leaves = move.is_wallet("destination"), move.is_wallet("user")
    if comes and leaves:
        return _ZERO
    if not comes and not leaves:
        raise UncountedEntry("names another wallet")
    return usd if comes else -usd - move.dollar_fee


def _send(move: _Movement) -> Decimal:
    if move.is_total:
        return _between_addresses(move, move.amount("usdcValue", "amount"))
    usd = move.amount("usdcValue", "amount")
    comes = move.is_wallet("destination") and move.text("destinationDex") != _SPOT
    leaves = move.is_wallet("user") and move.text("sourceDex") != _SPOT
    if comes and leaves:
        return _ZERO
    return usd if comes else -usd - move.dollar_fee if leaves else _ZERO


def _class_transfer(move: _Movement) -> Decimal:
    usd = move.amount("usdc", "amount")
    return _ZERO if move.is_total else usd if move.fields.get("toPerp") else -usd


def _vault_create(move: _Movement) -> Decimal:
    usd, fee = move.amount("usdc"), move.optional("fee")
    if move.is_wallet("vault"):
        return usd
    return -fee if move.is_total else -usd - fee


def _vault_deposit(move: _Movement) -> Decimal:
    usd = move.amount("usdc")
    return usd if move.is_wallet("vault") else _ZERO if move.is_total else -usd


def _vault_withdraw(move: _Movement) -> Decimal:
    usd = move.amount("netWithdrawnUsd")
    if move.is_wallet("vault"):
        return -usd - move.optional("commission")
    return _ZERO if move.is_total else usd


def _vault_distribution(move: _Movement) -> Decimal:
    usd = move.amount("usdc")
    return -usd if move.is_wallet("vault") else _ZERO if move.is_total else usd


def _priced(move: _Movement) -> Decimal:
    """Value of an amount of a token; only dollars have a known price."""
    if move.text("token").upper() in DOLLAR_TOKENS:
        return move.amount("usdcValue", "usdc", "amount")
    return move.amount("usdcValue")


def _reward(move: _Movement) -> Decimal:
    if not move.is_total and move.text("token").upper() not in ("", "USDC"):
        return _ZERO
    return _priced(move)


def _staking(move: _Movement) -> Decimal:
    if not move.is_total:
        return _ZERO
    return -_priced(move) if move.fields.get("isDeposit") else _priced(move)


_FLOW_RULES: Mapping[str, tuple[FlowKind, Callable[[_Movement], Decimal]]] = {
    "deposit": ("deposit", lambda move: move.amount("usdc")),
    "withdraw": ("withdrawal", lambda move: -move.amount("usdc")),
    "accountClassTransfer": ("transfer", _class_transfer),
    "perpDexClassTransfer": ("transfer", _class_transfer),
    "internalTransfer": ("transfer", lambda move: _between_addresses(move, move.amount("usdc"))),
    "subAccountTransfer": ("transfer", lambda move: _between_addresses(move, move.amount("usdc"))),
    "send": ("transfer", _send),
    "spotTransfer": (
        "transfer",
        lambda move: _between_addresses(move, move.amount("usdcValue")) if move.is_total else _ZERO,
    ),
    "activateDexAbstraction": ("transfer", lambda move: _ZERO),
    "vaultCreate": ("transfer", _vault_create),
    "vaultDeposit": ("transfer", _vault_deposit),
    "vaultWithdraw": ("transfer", _vault_withdraw),
    "vaultDistribution": ("transfer", _vault_distribution),
    "vaultLeaderCommission": ("income", lambda move: move.amount("usdc")),
    "rewardsClaim": ("income", _reward),
    "spotGenesis": ("income", lambda move: _priced(move) if move.is_total else _ZERO),
    "cStakingTransfer": ("transfer", _staking),
    "borrowLend": ("transfer", lambda move: _ZERO),
    "liquidation": ("transfer", lambda move: _ZERO),
    "deployGasAuction": ("spending", lambda move: -_priced(move) if move.is_total else _ZERO),
    "gossipPriorityGasAuction": ("spending", lambda move: -_priced(move) if move.is_total else _ZERO),
    "accountActivationGas": ("spending", lambda move: -_priced(move) if move.is_total else _ZERO),
}
"""Kind and signed value by type; zero moves nothing across the border of the scope."""


def entry_flow(
    entry: LedgerEntry, account: AccountKey, wallet: str, scope: Scope, now: datetime
) -> CapitalFlow | None:
    """The flow of an entry, None where no money crosses the border. Raises UncountedEntry."""
    fields = msgspec.json.decode(entry.delta, type=dict[str, Any])
    name = fields.get("type")
    if not isinstance(name, str) or name not in _FLOW_RULES:
        raise UncountedEntry(f"unknown type {sanitise_line(str(name), 40)}")
    kind, value = _FLOW_RULES[name]
    usd = value(_Movement(fields, wallet, scope))
    if not usd:
        return None
    return CapitalFlow(
        f"{account.slug}-{entry.id}", account, entry.at, now, float(usd), kind, label=name, extra=entry.delta
    )


def ledger_flows(
    entries: Iterable[LedgerEntry], account: AccountKey, wallet: str, scope: Scope, now: datetime
) -> tuple[list[CapitalFlow], int]:
    """The flows of these entries, and how many entries could not be counted."""
    flows, uncounted = list[CapitalFlow](), 0
    for entry in entries:
        try:
            flow = entry_flow(entry, account, wallet, scope, now)
        except UncountedEntry:
            uncounted += 1
        else:
            flows += [] if flow is None else [flow]
    return flows, uncounted
