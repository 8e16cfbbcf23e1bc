"""What a body says beyond its contract: noticed once, told to people, never in the way of a record."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.domain.records import SchemaDrift
from nof1tui.domain.sanitisation import sanitise_line

SAMPLE = 80
"""Characters of a value that are kept as an example."""
MOST = 500
"""Fields that are noticed at all: who makes up keys without end is not listened to for ever."""
NEW_KEY = "new key"
_PATH = re.compile(r"^(?P<what>.*?) - at `\$\.?(?P<path>.*)`$")


Told = tuple[str, str, str]
"""Endpoint, field and change: what tells one drift from another."""


@dataclass
class Noticed:
    """What one source has noticed of all its endpoints so far."""

    known: set[Told] = field(default_factory=set)


@dataclass
class Notes:
    """What is noticed while one body is read."""

    endpoint: str
    seen_at: datetime
    noticed: Noticed = field(default_factory=Noticed)
    fresh: dict[Told, SchemaDrift] = field(default_factory=dict)
    coerced: int = 0

    def settle(self) -> tuple[SchemaDrift, ...]:
        """What is news; it is known from now on. A body that is thrown away notices nothing."""
        self.noticed.known |= self.fresh.keys()
        return tuple(self.fresh.values())

    def new_key(self, record: str, key: str, sample: bytes) -> None:
        self._add(f"{record}.{key}", NEW_KEY, sample[: 4 * SAMPLE].decode("utf-8", "backslashreplace"))

    def coercion(self, record: str, complaint: str) -> None:
        """A record was readable only leniently; `complaint` is what the strict decoder said."""
        self.coerced += 1
        found = _PATH.match(complaint)
        what, path = (found["what"], found["path"]) if found else (complaint, "")
        self._add(f"{record}.{path}" if path else record, what.replace("`", ""), "")

    def _add(self, place: str, change: str, sample: str) -> None:
        drift = SchemaDrift(
            self.endpoint,
            sanitise_line(place, 120),
            sanitise_line(change, 120),
            self.seen_at,
            sanitise_line(sample, SAMPLE),
        )
        told = (drift.endpoint, drift.field, drift.change)
        if told not in self.noticed.known and len(self.noticed.known) + len(self.fresh) < MOST:
            self.fresh.setdefault(told, drift)
