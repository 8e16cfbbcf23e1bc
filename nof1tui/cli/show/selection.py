"""Finds the trader and the coin that a text names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster, normalise_id
from nof1tui.domain.sanitisation import sanitise_line


class UnknownTrader(ValueError):
    """No trader has this id or name. `str()` suggests a spelling and lists the known ids."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Selected accounts; all of them without ids."""

    trader_ids: tuple[str, ...] | None = None
    competition: str | None = None

    def covers(self, account: AccountKey | None) -> bool:
        """Whether this account is selected; records without an account are, if all accounts are."""
        if account is None:
            return self.trader_ids is None and self.competition is None
        if self.trader_ids is not None and account.trader not in self.trader_ids:
            return False
        return self.competition is None or normalise_id(account.competition) == self.competition


ALL_ACCOUNTS = Selection()


def select_trader(text: str, roster: Roster, accounts: Iterable[AccountKey]) -> Selection:
    """The trader of this id or name in any of its spellings, or one account as `trader@competition`.

    Raises UnknownTrader.
    """
    wanted, _, competition = text.partition("@")
    seen = {account.trader for account in accounts}
    ids: dict[str, set[str]] = {}
    for trader_id in (*seen, *(trader.id for trader in roster.traders)):
        ids.setdefault(normalise_id(trader_id), set()).add(trader_id)
    spellings = {key: key for key in ids}
    spellings |= {normalise_id(trader.name): normalise_id(trader.id) for trader in roster.traders}
    key = spellings.get(normalise_id(wanted))
    if key is None:
        known = seen or {trader.id for trader in roster.traders}
        raise UnknownTrader(
            f"unknown trader {wanted!a}{_suggestion(wanted, spellings, ids)}\n{_known_traders(known)}"
        )
    return Selection(tuple(sorted(ids[key])), normalise_id(competition) if competition else None)


def _suggestion(wanted: str, spellings: Mapping[str, str], ids: Mapping[str, set[str]]) -> str:
    key = normalise_id(wanted)
    close = [name for name in spellings if key and key in name]
    close += difflib.get_close_matches(key, spellings, n=1, cutoff=0.5)
    return f": did you mean {sanitise_line(min(ids[spellings[close[0]]]), 60)}?" if close else "."


def _known_traders(ids: Iterable[str]) -> str:
    return "Known: " + ", ".join(sanitise_line(name, 60) for name in sorted(ids)) + "."


def select_coin(text: str, coins: Iterable[str]) -> str:
    """The coin in the arena's spelling; an unknown one as given."""
    by_case = {coin.casefold(): coin for coin in coins}
    return by_case.get(text.strip().casefold(), text.strip())
