"""What a figure describes, as an identity: an account, a position, a coin or a feed."""

from __future__ import annotations

import json

from msgspec import Struct

from nof1tui.domain.records import AccountKey, Feed


class Subject(Struct, frozen=True, gc=False):
    """What a figure describes: an account, a position (account and coin), a coin or a feed."""

    account: AccountKey | None = None
    coin: str | None = None
    feed: Feed | None = None

    @property
    def key(self) -> str:
        """The subject as text, equal in every process; empty for no subject. Stored by `alert_watches`."""
        account = self.account
        names = None if account is None else [account.season, account.trader, account.competition]
        parts = [names, self.coin, self.feed]
        return json.dumps(parts) if any(parts) else ""

    @classmethod
    def from_key(cls, key: str) -> Subject:
        """The subject with this key."""
        account, coin, feed = json.loads(key) if key else (None, None, None)
        return cls(AccountKey(*account) if account else None, coin, Feed(feed) if feed else None)


NO_SUBJECT = Subject()
