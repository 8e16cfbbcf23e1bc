"""Account modes and spot balances of wallets (contract sections 1 and 2), pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from msgspec import Struct

from nof1tui.domain.fills.fill import ZERO
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.hyperliquid.ledger import DOLLAR_TOKENS
from nof1tui.sources.hyperliquid.schema import CamelCaseRecord

AccountMode = Literal["classic", "unified", "portfolio_margin", "unknown"]
"""Where the money of an account is: apart in perpetuals and spot, or pooled in spot."""
POOLED_MODES: frozenset[AccountMode] = frozenset(("unified", "portfolio_margin"))
_MODES: Mapping[str, AccountMode] = MappingProxyType(
    {
        "default": "classic",
        "disabled": "classic",
        "dexAbstraction": "classic",
        "unifiedAccount": "unified",
        "portfolioMargin": "portfolio_margin",
    }
)
_ONE = Decimal(1)
_USDC = "USDC"


class BalanceWire(CamelCaseRecord):
    """One balance of `spotClearinghouseState`; `total` is negative for a borrowed token."""

    coin: str
    total: Decimal


class _SpotStateWire(CamelCaseRecord):
    balances: list[BalanceWire]


class _TokenWire(CamelCaseRecord):
    name: str
    index: int


class _PairWire(CamelCaseRecord):
    name: str
    tokens: tuple[int, int]


class _SpotMetaWire(CamelCaseRecord):
    tokens: list[_TokenWire]
    universe: list[_PairWire]


class _VaultWire(CamelCaseRecord):
    equity: Decimal


class SpotValue(Struct, frozen=True):
    """The value of spot balances in USD."""

    usd: Decimal
    unpriced: tuple[str, ...] = ()
    """Tokens without a price; they count as nothing."""
    assumed: tuple[str, ...] = ()
    """Dollar tokens without a price; they count as a dollar."""


def parse_mode(body: bytes) -> AccountMode:
    """The mode of an account; `unknown` for an answer of another kind."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return "unknown"
    return _MODES.get(answer, "unknown") if isinstance(answer, str) else "unknown"


def parse_balances(body: bytes) -> list[BalanceWire]:
    """Spot balances of a wallet. Raises SourceMalformed."""
    balances = _decode(body, _SpotStateWire, "spotClearinghouseState", "spot balances").balances
    if not all(balance.total.is_finite() for balance in balances):
        raise SourceMalformed("spotClearinghouseState: a balance is not a finite number", status=200)
    return list(balances)


def parse_pairs(body: bytes) -> dict[str, str]:
    """Names of the pairs against USDC by the token that they price. Raises SourceMalformed."""
    meta = _decode(body, _SpotMetaWire, "spotMeta", "tokens and pairs")
    names = {token.index: token.name for token in meta.tokens}
    return {
        names[base]: pair.name
        for pair in reversed(meta.universe)
        for base, quote in (pair.tokens,)
        if base in names and names.get(quote) == _USDC
    }


def parse_vault_equity(body: bytes) -> Decimal:
    """What a depositor has in vaults, USD. Raises SourceMalformed."""
    vaults = _decode(body, list[_VaultWire], "userVaultEquities", "a list of vaults")
    return sum((vault.equity for vault in vaults if vault.equity.is_finite()), ZERO)


def count_items(body: bytes) -> int:
    """Length of a list; 0 for any other answer, such as `null`."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return 0
    return len(answer) if isinstance(answer, list) else 0


def _decode(body: bytes, kind: Any, endpoint: str, expected: str) -> Any:
    try:
        return msgspec.json.decode(body, type=kind, strict=False)
    except (msgspec.DecodeError, ValueError, ArithmeticError) as error:
        raise SourceMalformed(f"{endpoint}: the answer is not {expected}", status=200) from error


def needs_prices(balances: Iterable[BalanceWire]) -> bool:
    """Whether a balance is in another token than USDC."""
    return any(balance.coin != _USDC and balance.total for balance in balances)


def value_of_balances(
    balances: Iterable[BalanceWire], mids: Mapping[str, Decimal], pairs: Mapping[str, str]
) -> SpotValue:
    """Their value at the mids of their pairs; borrowed tokens count against it."""
    usd, unpriced, assumed = ZERO, list[str](), list[str]()
    for balance in balances:
        price = _price(balance.coin, mids, pairs)
        if price is None and balance.total and balance.coin.upper() in DOLLAR_TOKENS:
            assumed.append(balance.coin)
            price = _ONE
        if price is None and balance.total:
            unpriced.append(balance.coin)
        usd += balance.total * (price or ZERO)
    return SpotValue(usd, tuple(unpriced), tuple(assumed))


def _price(coin: str, mids: Mapping[str, Decimal], pairs: Mapping[str, str]) -> Decimal | None:
    """Price of a token in USD; outcome `+12` is priced as `#12`, a settled one (`o12`) is worth nothing."""
    if coin == _USDC:
        return _ONE
    if coin[:1] == "+":
        return mids.get(f"#{coin[1:]}")
    if coin[:1] == "o" and coin[1:].isdecimal():
        return ZERO
    return mids.get(pairs.get(coin, ""))
