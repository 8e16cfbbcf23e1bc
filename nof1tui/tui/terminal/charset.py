"""What a terminal can show: its character set by the locale, and a plain sign for each that it lacks.

The program draws with signs of Unicode. Where the locale speaks another encoding, or the font of the
Linux console has no such sign, each becomes one of the same width that there is, so nothing moves.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

ERROR_HANDLER = "plain-signs"
"""Name of the error handler for streams whose encoding is narrow."""

_SIGNS = {
    "·": ".", "×": "x", "−": "-", "–": "-", "—": "-", "‑": "-", "…": "~", "’": "'", "‘": "'",
    "“": '"', "”": '"', "‹": "<", "›": ">", "←": "<", "↑": "^", "→": ">", "↓": "v", "⇄": "=",
    "≠": "#", "≤": "<", "≥": ">", "≈": "~", "⏎": ">", "⏸": "=", "█": "#", "▀": '"', "▄": "_",
    "▌": "|", "▐": "|", "▏": ":", "▎": ":", "■": "#", "•": "*", "▁": "_", "▂": "_", "▃": ".",
    "▅": "-", "▆": "=", "▇": "*", "▲": "^", "▴": "^", "▼": "v", "▾": "v", "▶": ">", "◀": "<",
    "○": "o", "●": "*", "◐": "o", "⚠": "!", "✕": "x", "✓": "+", "✗": "x", "�": "?", "Δ": "d",
    "√": "V", "⌊": "[", "⌋": "]",
    "Σ": "S", "σ": "s", "∞": "8", "§": "S", "°": "o", "€": "E", "╍": "-", "╌": "-", "┄": "-",
    "╭": "┌+", "╮": "┐+", "╰": "└+", "╯": "┘+", "━": "─-", "─": "-", "│": "|", "┃": "│|", "═": "=",
    "║": "|", "▔": '"', "▕": "|", "▊": "█#", "▉": "█#", "▋": "▌|", "▍": "▌|", "🔎": "> ",
}  # fmt: skip
"""For signs of ours and of Textual: what stands for them, the best first."""
_CORNERS = range(0x250C, 0x254C)
_QUADRANTS = range(0x2596, 0x25A0)
_BRAILLE = range(0x2800, 0x2900)


class Charset(NamedTuple):
    """How text is written to a terminal, and which characters it can show."""

    codec: str
    """What the bytes are written in."""
    repertoire: str
    """A codec that has just the characters that can be shown."""

    @property
    def is_unicode(self) -> bool:
        """Whether every character can be shown."""
        return self.repertoire == "utf-8"

    def can_show(self, text: str) -> bool:
        """Whether all of this can be shown as it stands."""
        return self.is_unicode or all(_has(self.repertoire, char) for char in text)

    def substitute(self, text: str) -> str:
        """The text, in as many cells, with nothing that cannot be shown."""
        return text if self.is_unicode or text.isascii() else text.translate(_table(self.repertoire))

    def encode(self, text: str) -> bytes:
        return self.substitute(text).encode(self.codec, "replace")


UTF_8 = Charset("utf-8", "utf-8")
LINUX_CONSOLE = Charset("utf-8", "cp437")
"""The Linux console: it reads UTF-8, but its fonts have few signs beyond those of the first PC."""
ASCII_CHARSET = Charset("ascii", "ascii")


def detect_charset(environment: Mapping[str, str], wish: str = "auto") -> Charset:
    """The character set of the terminal by its locale and its kind; `unicode` and `ascii` insist.

    A locale that nobody has set says nothing: most terminals speak UTF-8. Python itself sets LC_CTYPE
    where a locale of C was asked for; that is not taken for the person's word.
    """
    if wish != "auto":
        return UTF_8 if wish == "unicode" else ASCII_CHARSET
    locale = _locale(environment)
    name = locale.partition("@")[0].rpartition(".")[2] if "." in locale else ""
    if locale in ("C", "POSIX"):
        return ASCII_CHARSET
    try:
        codec = codecs.lookup(name).name if name else "utf-8"
    except LookupError:
        codec = "utf-8"
    if codec != "utf-8":
        return Charset(codec, codec)
    return LINUX_CONSOLE if environment.get("TERM") == "linux" else UTF_8


def _locale(environment: Mapping[str, str]) -> str:
    everywhere, letters, rest = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if letters in ("C.UTF-8", "C.utf8") and rest in ("C", "POSIX"):
        letters = ""
    for locale in (everywhere, letters, rest):
        if locale:
            return _CODECS_OF.get(locale.upper(), locale)
    return ""


_CODECS_OF = {name: f"en_US.{name}" for name in ("ISO-8859-1", "ISO-8859-15", "ISO8859-1", "LATIN1", "UTF-8")}
"""Locales that are no more than the name of an encoding."""


def substitute_unencodable(error: UnicodeError) -> tuple[str, int]:
    """For streams of a narrow encoding: plain signs in place of what it lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = (_stand_in(error.encoding, char) for char in error.object[error.start : error.end])
    return "".join(signs), error.end


@cache
def _table(repertoire: str) -> _Table:
    return _Table(repertoire)


class _Table(dict[int, str]):
    """For `str.translate`: filled as characters are met."""

    def __init__(self, repertoire: str) -> None:
        super().__init__()
        self._repertoire = repertoire

    def __missing__(self, code: int) -> str:
        char = chr(code)
        known = self[code] = char if _has(self._repertoire, char) else _stand_in(self._repertoire, char)
        return known


def _has(repertoire: str, char: str) -> bool:
    """Whether one byte stands for this character; of two, terminals make two cells as they like."""
    try:
        return len(char.encode(repertoire)) == 1
    except UnicodeEncodeError:
        return False


def _stand_in(repertoire: str, char: str) -> str:
    """What takes the place of a character that cannot be shown: as wide, and if possible like it."""
    if char == "🔎":
        return _SIGNS[char]
    for sign in _SIGNS.get(char, ""):
        if _has(repertoire, sign):
            return sign
    code = ord(char)
    if code in _CORNERS:
        return "+"
    if code in _QUADRANTS or code in _BRAILLE:
        return "." if code != _BRAILLE.start else " "
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return ""
    if unicodedata.east_asian_width(char) in "WF":
        return "??"
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() and base.isprintable() else "?"
