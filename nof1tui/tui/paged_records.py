"""Records of a list that goes further back than a board: what boards have shown, and pages of the store."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from nof1tui.ports.history import PageCursor

RecordT = TypeVar("RecordT")

_MAX_RECORDS = 20_000
"""Records held at most; what is older stays in the store."""
MAX_UNPAGED_RECORDS = 500
"""Records held of what boards have dropped, as long as nobody has asked for older ones."""


class PagedRecords(Generic[RecordT]):
    """Without a gap from the newest record to the oldest one known, newest first."""

    def __init__(self, key: Callable[[RecordT], PageCursor]) -> None:
        self._key = key
        self._of: Hashable = None
        self._known: dict[str, RecordT] = {}
        self._paged = False
        self.records: tuple[RecordT, ...] = ()
        self.is_complete = False
        """The store has nothing older, or no more is wanted."""

    @property
    def next_page_key(self) -> PageCursor | None:
        """Where the next page begins; None begins at the newest."""
        return self._key(self.records[-1]) if self.records else None

    def update(self, newest: Iterable[RecordT], of: Hashable) -> tuple[RecordT, ...]:
        """All that is known, now that a board shows these. `of` tells whose and when.

        What was known is forgotten when the board is of another season or moment, or when records
        between it and the board may be missing.
        """
        fresh = {self._key(record).id: record for record in newest}
        if of != self._of or (fresh and not any(record_id in self._known for record_id in fresh)):
            self._of, self._known, self.is_complete, self._paged = of, {}, False, False
        return self._bounded(
            self._hold(fresh), max(len(fresh), _MAX_RECORDS if self._paged else MAX_UNPAGED_RECORDS)
        )

    def add_page(self, page: Sequence[RecordT]) -> tuple[RecordT, ...]:
        """All that is known, now that the store has given the next page; an empty one is the last."""
        older = {self._key(record).id: record for record in page}
        self._paged = self._paged or bool(older)
        self.is_complete = not older or len(self._known) + len(older) >= _MAX_RECORDS
        return self._hold({record_id: it for record_id, it in older.items() if record_id not in self._known})

    def _bounded(self, records: tuple[RecordT, ...], most: int) -> tuple[RecordT, ...]:
        """The newest of them: a monitor runs for weeks. The store gives the older ones again."""
        if len(records) > most:
            self.records = records[:most]
            self._known = {self._key(record).id: record for record in self.records}
            self.is_complete = False
        return self.records

    def _hold(self, fresh: dict[str, RecordT]) -> tuple[RecordT, ...]:
        if fresh.keys() - self._known.keys() or any(self._known[k] is not it for k, it in fresh.items()):
            self._known |= fresh
            self.records = tuple(sorted(self._known.values(), key=self._order, reverse=True))
        elif len(self.records) != len(self._known):
            self.records = tuple(self._known.values())
        return self.records

    def _order(self, record: RecordT) -> tuple[object, str]:
        key = self._key(record)
        return key.at, key.id
