"""Records of a list that reaches further back than a board: records of past boards and pages of the store."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from nof1tui.ports.history import PageCursor

RecordT = TypeVar("RecordT")

_MAX_RECORDS = 20_000
"""Most records in memory; older ones stay in the store."""
MAX_UNPAGED_RECORDS = 500
"""Most records in memory until the first page is added: enough to bridge what boards drop."""


class PagedRecords(Generic[RecordT]):
    """Records without a gap, newest first."""

    def __init__(self, key: Callable[[RecordT], PageCursor]) -> None:
        self._key = key
        self._scope: Hashable = None
        self._by_id: dict[str, RecordT] = {}
        self._paged = False
        self.records: tuple[RecordT, ...] = ()
        self.is_complete = False
        """Whether no further page is needed: the store has none, or the limit is reached."""

    @property
    def next_page_key(self) -> PageCursor | None:
        """Cursor of the next page; None starts at the newest record."""
        return self._key(self.records[-1]) if self.records else None

    def update(self, newest: Iterable[RecordT], scope: Hashable) -> tuple[RecordT, ...]:
        """All records after adding those of a board. `scope` is the board's season and moment.

        Older records are dropped when the scope changes, or when records between them and the board may
        be missing.
        """
        fresh = {self._key(record).id: record for record in newest}
        if scope != self._scope or (fresh and not any(record_id in self._by_id for record_id in fresh)):
            self._scope, self._by_id, self.is_complete, self._paged = scope, {}, False, False
        return self._limit(
            self._merge(fresh), max(len(fresh), _MAX_RECORDS if self._paged else MAX_UNPAGED_RECORDS)
        )

    def add_page(self, page: Sequence[RecordT]) -> tuple[RecordT, ...]:
        """All records after adding the next page of the store; an empty page is the last."""
        older = {self._key(record).id: record for record in page}
        self._paged = self._paged or bool(older)
        self.is_complete = not older or len(self._by_id) + len(older) >= _MAX_RECORDS
        return self._merge({record_id: it for record_id, it in older.items() if record_id not in self._by_id})

    def _limit(self, records: tuple[RecordT, ...], limit: int) -> tuple[RecordT, ...]:
        """The newest `limit` records; older ones can be read from the store again."""
        if len(records) > limit:
            self.records = records[:limit]
            self._by_id = {self._key(record).id: record for record in self.records}
            self.is_complete = False
        return self.records

    def _merge(self, fresh: dict[str, RecordT]) -> tuple[RecordT, ...]:
        if fresh.keys() - self._by_id.keys() or any(self._by_id[k] is not it for k, it in fresh.items()):
            self._by_id |= fresh
            self.records = tuple(sorted(self._by_id.values(), key=self._order, reverse=True))
        elif len(self.records) != len(self._by_id):
            self.records = tuple(self._by_id.values())
        return self.records

    def _order(self, record: RecordT) -> tuple[object, str]:
        key = self._key(record)
        return key.at, key.id
