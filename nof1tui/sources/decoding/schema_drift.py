"""What a body says beyond its contract: noticed once, told to people, never in the way of a record."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.sanitisation import sanitise_line

_MAX_SAMPLE_CHARS = 80
"""Characters of a value that are kept as an example."""
_MAX_DRIFTS = 500
"""Fields that are noticed at all: who makes up keys without end is not listened to for ever."""
_NEW_KEY = "new key"
_PATH = re.compile(r"^(?P<what>.*?) - at `\$\.?(?P<path>.*)`$")


_DriftKey = tuple[str, str, str]
"""Endpoint, field and change: what tells one drift from another."""


@dataclass
class KnownDrift:
    """What one source has noticed of all its endpoints so far."""

    keys: set[_DriftKey] = field(default_factory=set)


@dataclass
class DriftRecorder:
    """What is noticed while one body is read."""

    endpoint: str
    seen_at: datetime
    known: KnownDrift = field(default_factory=KnownDrift)
    new: dict[_DriftKey, SchemaDrift] = field(default_factory=dict)
    coerced: int = 0

    def take_new(self) -> tuple[SchemaDrift, ...]:
        """What is news; it is known from now on. A body that is thrown away notices nothing."""
        self.known.keys |= self.new.keys()
        return tuple(self.new.values())

    def add_new_key(self, record: str, key: str, sample: bytes) -> None:
        self._add(
            f"{record}.{key}", _NEW_KEY, sample[: 4 * _MAX_SAMPLE_CHARS].decode("utf-8", "backslashreplace")
        )

    def add_coercion(self, record: str, complaint: str) -> None:
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
            sanitise_line(sample, _MAX_SAMPLE_CHARS),
        )
        told = (drift.endpoint, drift.field, drift.change)
        if told not in self.known.keys and len(self.known.keys) + len(self.new) < _MAX_DRIFTS:
            self.new.setdefault(told, drift)
