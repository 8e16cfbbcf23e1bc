"""Dialects of nof1's API: the bodies of a true arena, written as other servers write them.

A variation changes the bodies of a scene. What it takes away is taken from the truth as well, so that
the truth always is what a perfect reader finds in the bodies.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT

Json = dict[str, Any]


@dataclass
class Scene:
    """The bodies of one poll of every endpoint, and the truth in them, in the contract's form."""

    wire: dict[str, Any]
    truth: dict[str, Json]
    dice: random.Random
    share: float = 1.0
    """Of the records, and of their fields, that a variation changes."""
    loose_ids: set[str] = field(default_factory=set)
    """Endpoints whose records state no identity of their own."""
    encoders: list[Callable[[str], str]] = field(default_factory=list)
    """Changes of a body's text, applied last."""

    def lucky(self) -> bool:
        return self.dice.random() < self.share

    def records(self, *endpoints: str) -> Iterator[tuple[str, Json, Json]]:
        """Kind, written and true form of the records of these endpoints that a variation changes."""
        for endpoint in endpoints:
            for written, true in self._pairs(endpoint):
                if self.lucky():
                    yield endpoint, written, true

    def positions(self) -> Iterator[tuple[str, Json, Json]]:
        for row, true_row in self._pairs("account-totals"):
            for coin, true in true_row["positions"].items():
                if self.lucky():
                    yield "position", row["positions"][coin], true

    def everything(self) -> Iterator[tuple[str, Json, Json]]:
        yield from self.positions()
        yield from self.records(*self.truth)

    def _pairs(self, endpoint: str) -> Iterator[tuple[Json, Json]]:
        key = ENVELOPE_KEY_BY_ENDPOINT[endpoint]
        written, true = self.wire[endpoint][key], self.truth[endpoint][key]
        if isinstance(true, dict):
            yield from ((written[coin], true[coin]) for coin in true)
        else:
            yield from zip(written, true, strict=True)

    def body(self, endpoint: str) -> bytes:
        text = json.dumps(self.wire[endpoint], ensure_ascii=self.dice.random() < 0.5)
        for encode in self.encoders:
            text = encode(text)
        return text.encode("utf-8", "surrogatepass")


Variation = Callable[[Scene], None]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
