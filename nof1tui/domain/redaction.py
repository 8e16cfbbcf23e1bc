"""Redaction of secrets in texts before they are logged, printed or shown.

Errors of drivers and libraries repeat addresses, options and headers. Anything in them that looks like
a secret is replaced by `***`; false positives are accepted.
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
    """The text with `***` for passwords in addresses and for values of options, JSON members and headers
    whose names suggest a secret."""
    text = _IN_ADDRESS.sub(rf"\1:{MASK}@", text)
    text = _OPTION.sub(rf"\1={MASK}", text)
    text = _MEMBER.sub(rf'\1"{MASK}"', text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    return _BEARER.sub(rf"\1 {MASK}", text)
