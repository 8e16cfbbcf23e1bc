"""Who is who on the screen: one name and one colour for each account, everywhere the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.colors import (
    HEX_COLOR,
    is_distinct,
    pick_distinct_color,
    readable_on_black,
    readable_on_light,
)
from nof1tui.tui.style.theme import ANSI, CONTRAST, DARK, THEME_COLORS

_NAME_LIMIT = 28
_HOLD = re.compile(r"buy\s*(?:&|and|-)?\s*(?:and-)?hold", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DisplayIdentity:
    """How an account is shown."""

    name: str
    """Plain text, with the competition where there is one."""
    short_name: str
    """The name where there is little room; as short as the roster lets it be without mistaking."""
    color: str
    """`#rrggbb`, or the name of one of the terminal's colours."""
    is_benchmark: bool

    def name_for_width(self, room: int) -> str:
        """The name, or the short one where only that has room."""
        return self.name if cell_len(self.name) <= room else self.short_name


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


class TraderIdentities:
    """Gives each account its face: accounts of a trader share a colour, traders do not.

    A trader has the roster's colour unless it would be taken for one already given away; the others
    get one of the theme's, first those of the roster, then the rest as they appear.
    """

    def __init__(self, roster: Roster, *, theme: str = DARK) -> None:
        self._roster = roster
        self._theme = theme
        self._faces: dict[AccountKey, DisplayIdentity] = {}
        self._colors: dict[str, str] = {}
        self._shorts = _shorts(fmt.sanitise_line(info.name) for info in roster.traders)
        for info in sorted(roster.traders, key=lambda info: _own_color(info.color, theme) is None):
            self._color(info.id)

    def identity_of(self, key: AccountKey) -> DisplayIdentity:
        face = self._faces.get(key)
        if face is None:
            info = self._roster.trader(key.trader)
            name = fmt.sanitise_line(info.name, _NAME_LIMIT) or "?"
            short = self._shorts.get(name) or short_name(name)
            if info.kind == "benchmark":
                short = _HOLD.sub("hold", name)
            if key.competition:
                at = f" @{fmt.sanitise_line(key.competition, 12)}"
                name, short = name + at, short + at
            face = self._faces[key] = DisplayIdentity(
                name, short, self._color(key.trader), info.kind == "benchmark"
            )
        return face

    def _color(self, trader: str) -> str:
        color = self._colors.get(trader)
        if color is None:
            used = self._colors.values()
            own = _own_color(self._roster.trader(trader).color, self._theme)
            if own is None or not all(is_distinct(own, other) for other in used):
                own = pick_distinct_color(THEME_COLORS[self._theme].lines, used)
            color = self._colors[trader] = own
        return color

    def roster_name(self, key: AccountKey) -> str:
        """The trader's name as the roster has it, for exports: not yet made fit for the screen."""
        return self._roster.trader(key.trader).name

    def with_theme(self, theme: str) -> TraderIdentities:
        """The same line-up in the colours of another theme."""
        lineup = TraderIdentities(self._roster, theme=theme)
        for trader in self._colors:
            lineup._color(trader)
        return lineup


def _own_color(color: str | None, theme: str) -> str | None:
    """The roster's colour fit for the theme's ground; None where it has none that could be used."""
    if theme == ANSI or color is None or not HEX_COLOR.fullmatch(color):
        return None
    if not THEME_COLORS[theme].dark:
        return readable_on_light(color)
    return readable_on_black(color) if theme == CONTRAST else color
