"""The character set of a terminal, by its locale, and substitutes for characters that it lacks.

The program draws with Unicode characters. Where the locale has another encoding, or the font of the
Linux console lacks a character, a character of the same width replaces it, so that the layout stays.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

ERROR_HANDLER = "plain-signs"
"""Name of the error handler for streams whose encoding is narrow."""

_SUBSTITUTES = {
    "·": ".", "×": "x", "÷": "/", "±": "+", "ß": "s", "Π": "P",
    "−": "-", "–": "-", "—": "-", "‑": "-", "…": "~", "’": "'", "‘": "'",
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
"""Substitutes for characters that the program and Textual draw, the best first."""
_CORNERS = range(0x250C, 0x254C)
_QUADRANTS = range(0x2596, 0x25A0)
_BRAILLE = range(0x2800, 0x2900)


class Charset(NamedTuple):
    """Encoding of a terminal, and the characters it can show."""

    codec: str
    """Encoding of the bytes."""
    repertoire: str
    """A codec with exactly the characters that can be shown."""

    @property
    def is_unicode(self) -> bool:
        """Whether every character can be shown."""
        return self.repertoire == "utf-8"

    def can_show(self, text: str) -> bool:
        """Whether the text can be shown without substitutes."""
        return self.is_unicode or all(_has(self.repertoire, char) for char in text)

    def substitute(self, text: str) -> str:
        """The text in the same number of cells, with substitutes for what cannot be shown."""
        return text if self.is_unicode or text.isascii() else text.translate(_table(self.repertoire))

    def encode(self, text: str) -> bytes:
        """The bytes that show the text."""
        return self.substitute(text).encode(self.codec, "replace")


UTF_8 = Charset("utf-8", "utf-8")
LINUX_CONSOLE = Charset("utf-8", "cp437")
"""The Linux console: it reads UTF-8, but its fonts have few characters beyond code page 437."""
ASCII_CHARSET = Charset("ascii", "ascii")


def detect_charset(environment: Mapping[str, str], setting: str = "auto") -> Charset:
    """The character set of the terminal by locale and TERM; `unicode` and `ascii` override both.

    Without a locale it is UTF-8, as in most terminals. Python sets LC_CTYPE itself where the locale is C;
    that value is ignored.
    """
    if setting != "auto":
        return UTF_8 if setting == "unicode" else ASCII_CHARSET
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
"""Locales that are only the name of an encoding."""


def substitute_unencodable(error: UnicodeError) -> tuple[str, int]:
    """Error handler for streams of a narrow encoding: substitutes for characters that it lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = (_substitute_of(error.encoding, char) for char in error.object[error.start : error.end])
    return "".join(signs), error.end


@cache
def _table(repertoire: str) -> _Table:
    return _Table(repertoire)


class _Table(dict[int, str]):
    """Mapping for `str.translate`, filled on demand."""

    def __init__(self, repertoire: str) -> None:
        super().__init__()
        self._repertoire = repertoire

    def __missing__(self, code: int) -> str:
        char = chr(code)
        known = self[code] = char if _has(self._repertoire, char) else _substitute_of(self._repertoire, char)
        return known


def _has(repertoire: str, char: str) -> bool:
    """Whether the character is one byte; terminals may show two bytes in two cells."""
    try:
        return len(char.encode(repertoire)) == 1
    except UnicodeEncodeError:
        return False


def _substitute_of(repertoire: str, char: str) -> str:
    """The substitute of a character that cannot be shown: of the same width, similar where possible."""
    if char == "🔎":
        return _SUBSTITUTES[char]
    for sign in _SUBSTITUTES.get(char, ""):
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
