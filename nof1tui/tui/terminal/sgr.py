"""SGR states of cells, and the shortest sequence from one state to the next."""

from __future__ import annotations

from dataclasses import dataclass

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_RESETS = {
    "22": ("1", "2"),
    "23": ("3",),
    "24": ("4", "21"),
    "25": ("5", "6"),
    "27": ("7",),
    "28": ("8",),
    "29": ("9",),
    "54": ("51", "52"),
    "55": ("53",),
}
_OFF = {code: off for off, codes in _RESETS.items() for code in codes}
"""The code that resets an attribute; some codes reset two."""
_VISIBLE_ON_SPACES = frozenset({"4", "7", "9", "21", "51", "52", "53"})
_END_LINK = "\x1b]8;;\x1b\\"


@dataclass(frozen=True, slots=True, eq=False)
class SgrState:
    """Rendition of a terminal: SGR codes of attributes, foreground and background, and an open hyperlink.

    States of one `SgrStateCache` are the same object if they are equal. `is_for_space` marks the state
    of a space, where only background and lines are visible.
    """

    attributes: tuple[str, ...]
    color: str
    background: str
    link: str
    is_for_space: bool

    @property
    def codes(self) -> str:
        return ";".join(filter(None, (*self.attributes, self.color, self.background)))


class SgrStateCache:
    """The SGR states of styles on a terminal with these colours (None: without colours)."""

    def __init__(self, colors: ColorSystem | None) -> None:
        self._colors = colors
        self._known: dict[tuple[tuple[str, ...], str, str, str, bool], SgrState] = {}
        self._styles: dict[Style | None, tuple[SgrState, SgrState]] = {}
        self._steps: dict[tuple[SgrState, SgrState], tuple[str, SgrState]] = {}
        self.plain = self._state((), "", "", "")

    def of(self, style: Style | None) -> tuple[SgrState, SgrState]:
        """The states of this style on a character and on a space."""
        pair = self._styles.get(style)
        if pair is None:
            state = self._parsed(style) if style is not None else self.plain
            if len(self._styles) > 4_096:
                self._styles.clear()
            pair = self._styles[style] = (state, self._blank(state))
        return pair

    def step(self, now: SgrState, wanted: SgrState) -> tuple[str, SgrState]:
        """The sequence from one state to another, and the state after it."""
        if now is wanted:
            return "", now
        pair = (now, wanted)
        known = self._steps.get(pair)
        if known is None:
            if len(self._steps) > 4_096:
                self._steps.clear()
            known = self._steps[pair] = self._stepped(now, wanted)
        return known

    def _state(
        self, attributes: tuple[str, ...], color: str, background: str, link: str, blank: bool = False
    ) -> SgrState:
        name = (attributes, color, background, link, blank)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = SgrState(*name)
        return known

    def _blank(self, state: SgrState) -> SgrState:
        if state.link or not _VISIBLE_ON_SPACES.isdisjoint(state.attributes):
            return state
        return self._state((), "", state.background, "", True)

    def _parsed(self, style: Style) -> SgrState:
        """The state of a style, parsed from the sequence that Textual sends for it."""
        if self._colors is None:
            style = style.without_color
        codes = Strip.render_ansi(style, self._colors or ColorSystem.STANDARD).split(";")
        attributes: list[str] = []
        color = background = ""
        place = 0
        while place < len(codes):
            code = codes[place]
            size = 1
            if code in ("38", "48"):
                size = 5 if codes[place + 1] == "2" else 3
            codes_of_part = ";".join(codes[place : place + size])
            number = int(code) if code else 0
            if 30 <= number <= 39 or 90 <= number <= 97:
                color = "" if number == 39 else codes_of_part
            elif 40 <= number <= 49 or 100 <= number <= 107:
                background = "" if number == 49 else codes_of_part
            elif number:
                attributes.append(codes_of_part)
            place += size
        link = f"\x1b]8;id={style.link_id};{style.link}\x1b\\" if style.link else ""
        return self._state(tuple(attributes), color, background, link)

    def _stepped(self, now: SgrState, wanted: SgrState) -> tuple[str, SgrState]:
        if wanted.is_for_space:
            if self._blank(now) is wanted:
                return "", now
            remaining = tuple(code for code in now.attributes if code not in _VISIBLE_ON_SPACES)
            wanted = self._state(remaining, now.color, wanted.background, "")
        link = "" if now.link == wanted.link else wanted.link or _END_LINK
        if now.codes == wanted.codes:
            return link, wanted
        fresh = f"\x1b[{'0;' if wanted.codes else ''}{wanted.codes}m"
        off = {_OFF.get(code, "0") for code in now.attributes if code not in wanted.attributes}
        if "0" in off:
            return link + fresh, wanted
        codes = sorted(off)
        codes += [code for code in wanted.attributes if code not in now.attributes or _OFF.get(code) in off]
        if wanted.color != now.color:
            codes.append(wanted.color or "39")
        if wanted.background != now.background:
            codes.append(wanted.background or "49")
        change = f"\x1b[{';'.join(codes)}m"
        return link + min(change, fresh, key=len), wanted
