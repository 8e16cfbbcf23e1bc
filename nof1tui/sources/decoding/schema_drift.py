"""Schema drift: fields of a body that differ from the contract, reported once, never a reason to reject."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.sanitisation import sanitise_line

_MAX_SAMPLE_CHARS = 80
"""Characters kept of an example value."""
_MAX_DRIFTS = 500
"""Limit of recorded fields, against a server that invents keys without end."""
_NEW_KEY = "new key"
_PATH = re.compile(r"^(?P<what>.*?) - at `\$\.?(?P<path>.*)`$")


_DriftKey = tuple[str, str, str]
"""Endpoint, field and change: the identity of a drift."""


@dataclass
class KnownDrift:
    """Drift that one source has recorded so far, over all its endpoints."""

    keys: set[_DriftKey] = field(default_factory=set)


@dataclass
class DriftRecorder:
    """Records the drift of one body."""

    endpoint: str
    seen_at: datetime
    known: KnownDrift = field(default_factory=KnownDrift)
    new: dict[_DriftKey, SchemaDrift] = field(default_factory=dict)
    coerced: int = 0
    """Values that were converted, replaced or left out."""
    _recorded: set[tuple[str, str]] = field(default_factory=set)

    def take_new(self) -> tuple[SchemaDrift, ...]:
        """The new drift, which is known from now on. Not called for a body that is discarded."""
        self.known.keys |= self.new.keys()
        return tuple(self.new.values())

    def add_new_key(self, record: str, key: str, sample: bytes) -> None:
        """Record a key that the contract does not have, with an example value."""
        self._add(f"{record}.{key}", _NEW_KEY, _decode_sample(sample))

    def add_coercion(self, record: str, strict_error: str) -> None:
        """Record that a record was decoded leniently; `strict_error` is the strict decoder's message."""
        self.coerced += 1
        match = _PATH.match(strict_error)
        what, path = (match["what"], match["path"]) if match else (strict_error, "")
        self._add(f"{record}.{path}" if path else record, what.replace("`", ""), "")

    def add_change(self, record: str, key: str, change: str, sample: bytes = b"") -> None:
        """Record that the value of one field was converted, replaced or left out; `change` says how."""
        self.coerced += 1
        self._add(f"{record}.{key}", change.replace("`", ""), _decode_sample(sample))

    def _add(self, place: str, change: str, sample: str) -> None:
        if (place, change) in self._recorded or len(self._recorded) >= _MAX_DRIFTS:
            return
        self._recorded.add((place, change))
        drift = SchemaDrift(
            self.endpoint,
            sanitise_line(place, 120),
            sanitise_line(change, 120),
            self.seen_at,
            sanitise_line(sample, _MAX_SAMPLE_CHARS),
        )
        key = (drift.endpoint, drift.field, drift.change)
        if key not in self.known.keys and len(self.known.keys) + len(self.new) < _MAX_DRIFTS:
            self.new.setdefault(key, drift)


def _decode_sample(value: bytes) -> str:
    return value[: 4 * _MAX_SAMPLE_CHARS].decode("utf-8", "backslashreplace")
