"""Identities of records: stated ids, or what identifies a record without one. Stable between polls."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.domain.board import Board
from nof1tui.domain.records import AccountKey
from nof1tui.sources.decoding.values import require_name

_MAX_KNOWN = 50_000
"""Limit of remembered ids, against a server that invents ids without end."""


@dataclass
class IdentityRegister:
    """Which account a stated id belongs to: some servers number the records of each trader from 1."""

    _accounts: dict[str, AccountKey] = field(default_factory=dict)

    def seed_from(self, board: Board) -> None:
        """Take over the ids of a board's trades and decisions, so that they are the same after a restart."""
        known = [(trade.id, trade.account) for log in board.trades.values() for trade in log.trades]
        known += [(decision.id, decision.account) for decision in board.decisions]
        for record_id, account in known:
            if not _names_its_trader(record_id, account):
                self._accounts.setdefault(record_id, account)

    def resolve(self, record_id: str, account: AccountKey) -> str:
        """The id; with the account's slug before it where another account has this id."""
        if _names_its_trader(record_id, account):
            return record_id
        if len(self._accounts) >= _MAX_KNOWN:
            self._accounts.pop(next(iter(self._accounts)))
        owner = self._accounts.setdefault(record_id, account)
        return record_id if owner == account else f"{account.slug}_{record_id}"


def _names_its_trader(record_id: str, account: AccountKey) -> bool:
    return account.trader in record_id


def stated_id(*candidates: str | None) -> str | None:
    """The first id that is not blank. Raises InvalidRecord for one that is too long."""
    found = next((text for text in candidates if text is not None and text.strip()), None)
    return None if found is None else require_name(found, "id")


def derived_id(account: AccountKey, *parts: str | float | datetime | None) -> str:
    """An id from what identifies a record without one; the same parts give the same id."""
    texts = [
        f"{part.timestamp():.6f}" if isinstance(part, datetime) else str(part)
        for part in parts
        if part is not None
    ]
    name = "_".join((account.slug, *texts))
    if len(name) <= 160:
        return name
    return f"{account.slug[:80]}_{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"
