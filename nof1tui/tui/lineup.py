"""Who is who on the screen: one name and one colour for each account, everywhere the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nof1tui.domain.model import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.tui import format as fmt
from nof1tui.tui.theme import trader_color

NAME_LIMIT = 28
_HOLD = re.compile(r"buy\s*(?:&|and|-)?\s*(?:and-)?hold", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Face:
    """How an account is shown."""

    name: str
    """Plain text, with the competition where there is one."""
    short: str
    """The name where there is little room; as short as the roster lets it be without mistaking."""
    color: str
    """`#rrggbb`"""
    is_benchmark: bool


def short_name(name: str) -> str:
    """`DeepSeek V3.1` → `DeepSeek`, `GPT 5` → `GPT 5`: the first word, and the next where it is short."""
    words = name.split(" ")
    kept = words[0]
    for word in words[1:]:
        if len(kept) >= 5:
            break
        kept = f"{kept} {word}"
    return kept


def _shorts(names: Iterable[str]) -> dict[str, str]:
    """A short name for each; those that several would share get a word more, at last the whole name."""
    left, found = set(names), dict[str, str]()
    for shortened in (short_name, lambda name: " ".join(name.split(" ")[:2])):
        counts = Counter(shortened(name) for name in left)
        found |= {name: shortened(name) for name in left if counts[shortened(name)] == 1}
        left -= found.keys()
    return found | {name: name for name in left}


class Lineup:
    """Gives each account its face; accounts without a colour of their own get one as they appear."""

    def __init__(self, roster: Roster, *, dark: bool) -> None:
        self._roster = roster
        self._dark = dark
        self._faces: dict[AccountKey, Face] = {}
        self._places: dict[str, int] = {}
        self._shorts = _shorts(fmt.plain_line(info.name) for info in roster.traders)

    def face(self, key: AccountKey) -> Face:
        face = self._faces.get(key)
        if face is None:
            info = self._roster.trader(key.trader)
            place = 0 if info.color else self._places.setdefault(key.trader, len(self._places))
            name = fmt.plain_line(info.name, NAME_LIMIT) or "?"
            short = self._shorts.get(name) or short_name(name)
            if info.kind == "benchmark":
                short = _HOLD.sub("hold", name)
            if key.competition:
                at = f" @{fmt.plain_line(key.competition, 12)}"
                name, short = name + at, short + at
            color = trader_color(info, place, dark=self._dark)
            face = self._faces[key] = Face(name, short, color, info.kind == "benchmark")
        return face

    def name(self, key: AccountKey) -> str:
        """The trader's name as the roster has it, for exports: not yet made fit for the screen."""
        return self._roster.trader(key.trader).name

    def relit(self, *, dark: bool) -> Lineup:
        """The same line-up for the other kind of theme."""
        lineup = Lineup(self._roster, dark=dark)
        lineup._places.update(self._places)
        return lineup
