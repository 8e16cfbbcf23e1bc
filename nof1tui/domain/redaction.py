"""Secrets out of words: whatever is logged, printed or shown passes here first.

Errors of drivers and libraries repeat addresses, options and headers. What looks like a secret in
them is replaced by `***`; too much hidden is better than too little.
"""

from __future__ import annotations

import re

MASK = "***"

_IN_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://[^\s:/?#@]*):[^\s]*@", re.IGNORECASE)
_NAMES = r"[\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|signature)|pwd|key|sig|auth"
_OPTION = re.compile(rf"(?<![\w-])({_NAMES})=('[^']*'|\"[^\"]*\"|[^\s&;,'\")\]]+)", re.IGNORECASE)
_MEMBER = re.compile(rf"([\"'](?:{_NAMES})[\"']\s*:\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)([\"']?\s*[:=,]\s*b?[\"']?)[^\n\"']+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer)\s+[\w.~+/=-]{6,}", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with `***` for passwords in addresses, and for values of options, members and headers
    that are called like secrets."""
    text = _IN_ADDRESS.sub(rf"\1:{MASK}@", text)
    text = _OPTION.sub(rf"\1={MASK}", text)
    text = _MEMBER.sub(rf'\1"{MASK}"', text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    return _BEARER.sub(rf"\1 {MASK}", text)
