"""How cells look on a terminal, and the shortest sequence from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass

from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

_TAKES_BACK = {
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
_OFF = {code: off for off, codes in _TAKES_BACK.items() for code in codes}
"""The code that takes an attribute back; some take two back at once."""
_SEEN_ON_SPACES = frozenset({"4", "7", "9", "21", "51", "52", "53"})
_END_LINK = "\x1b]8;;\x1b\\"


@dataclass(frozen=True, slots=True, eq=False)
class SgrState:
    """What a terminal is set to: SGR codes of attributes, colour and ground, and an open hyperlink.

    Looks of one `SgrStateCache` are the same object if they look the same. `blank` is what is left of a look
    on a space, where only ground and lines are seen; it is the look itself if all is.
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
    """All looks met so far on a terminal with these colours; None: with none."""

    def __init__(self, colors: ColorSystem | None) -> None:
        self._colors = colors
        self._known: dict[tuple[tuple[str, ...], str, str, str, bool], SgrState] = {}
        self._styles: dict[Style | None, tuple[SgrState, SgrState]] = {}
        self._steps: dict[tuple[SgrState, SgrState], tuple[str, SgrState]] = {}
        self.plain = self._look((), "", "", "")

    def of(self, style: Style | None) -> tuple[SgrState, SgrState]:
        """The look of this style on a character and on a space."""
        pair = self._styles.get(style)
        if pair is None:
            look = self._parsed(style) if style is not None else self.plain
            if len(self._styles) > 4_096:
                self._styles.clear()
            pair = self._styles[style] = (look, self._blank(look))
        return pair

    def step(self, now: SgrState, wanted: SgrState) -> tuple[str, SgrState]:
        """What to send to get from one look to another, and what the terminal is set to then."""
        if now is wanted:
            return "", now
        pair = (now, wanted)
        known = self._steps.get(pair)
        if known is None:
            if len(self._steps) > 4_096:
                self._steps.clear()
            known = self._steps[pair] = self._stepped(now, wanted)
        return known

    def _look(
        self, attributes: tuple[str, ...], color: str, ground: str, link: str, blank: bool = False
    ) -> SgrState:
        name = (attributes, color, ground, link, blank)
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = SgrState(*name)
        return known

    def _blank(self, look: SgrState) -> SgrState:
        if look.link or not _SEEN_ON_SPACES.isdisjoint(look.attributes):
            return look
        return self._look((), "", look.background, "", True)

    def _parsed(self, style: Style) -> SgrState:
        """Take apart what Textual would send for this style."""
        if self._colors is None:
            style = style.without_color
        codes = Strip.render_ansi(style, self._colors or ColorSystem.STANDARD).split(";")
        attributes: list[str] = []
        color = ground = ""
        place = 0
        while place < len(codes):
            code = codes[place]
            size = 1
            if code in ("38", "48"):
                size = 5 if codes[place + 1] == "2" else 3
            words = ";".join(codes[place : place + size])
            number = int(code) if code else 0
            if 30 <= number <= 39 or 90 <= number <= 97:
                color = "" if number == 39 else words
            elif 40 <= number <= 49 or 100 <= number <= 107:
                ground = "" if number == 49 else words
            elif number:
                attributes.append(words)
            place += size
        link = f"\x1b]8;id={style.link_id};{style.link}\x1b\\" if style.link else ""
        return self._look(tuple(attributes), color, ground, link)

    def _stepped(self, now: SgrState, wanted: SgrState) -> tuple[str, SgrState]:
        if wanted.is_for_space:
            if self._blank(now) is wanted:
                return "", now
            kept = tuple(code for code in now.attributes if code not in _SEEN_ON_SPACES)
            wanted = self._look(kept, now.color, wanted.background, "")
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
