"""Display names and colours of accounts, the same on every screen."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len

from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster, TraderInfo
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
    """A short name, distinct among the traders of the roster."""
    color: str
    """`#rrggbb`, or the name of one of the terminal's colours."""
    is_benchmark: bool

    def name_for_width(self, width: int) -> str:
        """The name, or the short one where the name is wider than `width` cells."""
        return self.name if cell_len(self.name) <= width else self.short_name


def short_name(name: str) -> str:
    """`DeepSeek V3.1` → `DeepSeek`, `GPT 5` → `GPT 5`: the first word, and the next where it is short."""
    words = name.split(" ")
    short = words[0]
    for word in words[1:]:
        if len(short) >= 5:
            break
        short = f"{short} {word}"
    return short


def _shorts(names: Iterable[str]) -> dict[str, str]:
    """A short name for each name: with one more word where several would share it, else the whole name."""
    remaining, shorts = set(names), dict[str, str]()
    for shortened in (short_name, lambda name: " ".join(name.split(" ")[:2])):
        counts = Counter(shortened(name) for name in remaining)
        shorts |= {name: shortened(name) for name in remaining if counts[shortened(name)] == 1}
        remaining -= shorts.keys()
    return shorts | {name: name for name in remaining}


class TraderIdentities:
    """The display identity of each account: accounts of one trader share a colour, traders do not.

    A trader has the roster's colour unless it looks like one already in use. The others get one of the
    theme's colours, first the traders of the roster, then the rest as they appear.
    """

    def __init__(self, roster: Roster, *, theme: str = DARK) -> None:
        self._roster = roster
        self._theme = theme
        self._identities: dict[AccountKey, DisplayIdentity] = {}
        self._colors: dict[str, str] = {}
        self._shorts = _shorts(fmt.sanitise_line(info.name) for info in roster.traders)
        for info in sorted(roster.traders, key=lambda info: _own_color(info.color, theme) is None):
            self._color(info.id)

    def identity_of(self, key: AccountKey) -> DisplayIdentity:
        """How this account is shown."""
        identity = self._identities.get(key)
        if identity is None:
            info = self._roster.trader(key.trader)
            name = fmt.sanitise_line(info.name, _NAME_LIMIT) or "?"
            short = self._shorts.get(name) or short_name(name)
            if info.kind == "benchmark":
                short = _HOLD.sub("hold", name)
            if key.competition:
                at = f" @{fmt.sanitise_line(key.competition, 12)}"
                name, short = name + at, short + at
            identity = self._identities[key] = DisplayIdentity(
                name, short, self._color(key.trader), info.kind == "benchmark"
            )
        return identity

    def _color(self, trader: str) -> str:
        color = self._colors.get(trader)
        if color is None:
            used = self._colors.values()
            own = _own_color(self._roster.trader(trader).color, self._theme)
            if own is None or not all(is_distinct(own, other) for other in used):
                own = pick_distinct_color(THEME_COLORS[self._theme].lines, used)
            color = self._colors[trader] = own
        return color

    def trader_of(self, key: AccountKey) -> TraderInfo:
        """The trader as in the roster; its texts are not sanitised."""
        return self._roster.trader(key.trader)

    def with_theme(self, theme: str) -> TraderIdentities:
        """The same identities in the colours of another theme."""
        identities = TraderIdentities(self._roster, theme=theme)
        for trader in self._colors:
            identities._color(trader)
        return identities


def _own_color(color: str | None, theme: str) -> str | None:
    """The roster's colour adapted to the theme's background; None without a usable one."""
    if theme == ANSI or color is None or not HEX_COLOR.fullmatch(color):
        return None
    if not THEME_COLORS[theme].dark:
        return readable_on_light(color)
    return readable_on_black(color) if theme == CONTRAST else color
