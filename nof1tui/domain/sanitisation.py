"""Sanitisation of external texts before they reach a widget, a log line or stdout.

Texts of models, servers and error bodies are data: they must not move the cursor, write the clipboard
(OSC 52), change the reading direction (Unicode TR 36, "Trojan Source") or hide characters.
"""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # two-character sequences
)
_LINE_BREAK = re.compile(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 (but tab and newline), DEL, C1."""
_INVISIBLE = (
    "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi and invisible
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # fillers and joiners without ink
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of scripts and scores
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"  # non-characters, lone surrogates
    "\U000e0000-\U000e0fff"  # tags, variation selectors supplement
)
_EMOJI_MODIFIERS = "\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"
"""Variation selectors and skin tones of emoji; terminals disagree about their width."""
_PRIVATE_USE = "\ue000-\uf8ff\U000f0000-\U0010ffff"
"""Private use: appearance and width depend on the font."""
_FORBIDDEN = re.compile(f"[{_CONTROLS}{_INVISIBLE}{_EMOJI_MODIFIERS}{_PRIVATE_USE}]")
_COMBINING_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06dc\u06df-\u06e4\u0730-\u074a"
    "\u07eb-\u07f3\u08d3-\u08ff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0f71-\u0f84\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\u302a-\u302f\u3099\u309a\ua66f-\ua67d\ufe20-\ufe2f"
)
"""Marks that combine with the character before them."""
_EXCESS_MARKS = re.compile(
    f"(?:^|(?<=[ \\t\\n]))[{_COMBINING_MARKS}]+|(?<=[{_COMBINING_MARKS}]{{3}})[{_COMBINING_MARKS}]+"
)
_SPACES = re.compile(r"\s+")


def sanitise(text: str) -> str:
    """The text without control sequences and invisible characters; newlines stay, tabs become spaces.

    At most three combining marks per character are kept, and none without a base character.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE_SEQUENCE.sub("", text)
    text = _LINE_BREAK.sub("\n", text)
    return _EXCESS_MARKS.sub("", _FORBIDDEN.sub("", text)).replace("\t", "    ")


def sanitise_line(text: str, limit: int | None = None) -> str:
    """The sanitised text on one line, white space collapsed; cut to `limit` characters with `…`."""
    line = _SPACES.sub(" ", sanitise(text)).strip()
    if limit is not None and len(line) > limit:
        return line[: max(limit - 1, 0)] + "…"
    return line
