"""The one sanitiser: every text from outside passes here before a widget, a log line or stdout.

What an LLM writes, a server names or an error body says is data. It must not move a cursor, write
a clipboard (OSC 52), turn the reading direction (Unicode TR 36 "Trojan Source") or hide itself.
"""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # two-character sequences
)
_LINE_BREAK = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 (but tab and newline), DEL, C1
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi and invisible
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"  # non-characters, lone surrogates
    "\U000e0000-\U000e0fff]"  # tags, variation selectors supplement
)
_SPACES = re.compile(r"[ \t\n]+")


def plain(text: str) -> str:
    """The text without anything a terminal would obey; newlines and tabs (as spaces) stay."""
    text = _ESCAPE_SEQUENCE.sub("", text)
    text = _LINE_BREAK.sub("\n", text)
    return _FORBIDDEN.sub("", text).replace("\t", "    ")


def plain_line(text: str, limit: int | None = None) -> str:
    """`plain` on one line: runs of white space are one space; cut at `limit` characters with `…`."""
    line = _SPACES.sub(" ", plain(text)).strip()
    if limit is not None and len(line) > limit:
        return line[: max(limit - 1, 0)] + "…"
    return line
