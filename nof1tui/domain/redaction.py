"""Redaction of secrets in texts before they are logged, printed or shown.

Errors of drivers and libraries repeat addresses, options and headers. Anything in them that looks like
a secret is replaced by `***`; false positives are accepted.
"""

from __future__ import annotations

import re

from nof1tui.domain.database_url import MASK, mask_database_url

_IN_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://[^\s:/?#@]*):[^\s]*@", re.IGNORECASE)
_DATABASE_URL = re.compile(r"(?=postgres(?:ql)?(?:\+\w+)?://)([^\n]*)", re.IGNORECASE)
"""The rest of the line from a database URL on: a malformed password may have spaces."""
_URL_END = re.compile(r"[\s\"'`<>]|[.,;:)\]}]+(?:\s|$)")
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
    text = _DATABASE_URL.sub(lambda found: _redact_database_urls(found[0]), text)
    text = _IN_ADDRESS.sub(rf"\1:{MASK}@", text)
    text = _OPTION.sub(rf"\1={MASK}", text)
    text = _MEMBER.sub(rf'\1"{MASK}"', text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    return _BEARER.sub(rf"\1 {MASK}", text)


def _redact_database_urls(line: str) -> str:
    """The line, which begins with a database URL, without passwords.

    Where an `@` follows the URL, or it is malformed, the line is cut at it: what follows may be a piece of
    a password that has spaces or quotes.
    """
    end = _URL_END.search(line)
    url, rest = (line[: end.start()], line[end.start() :]) if end else (line, "")
    next_url = re.search(r"postgres(?:ql)?(?:\+\w+)?://", rest, re.IGNORECASE)
    between = rest[: next_url.start()] if next_url else rest
    masked = mask_database_url(url)
    if "@" in between or masked == f"postgresql://{MASK}":
        return f"postgresql://{MASK}"
    return masked + between + (_redact_database_urls(rest[next_url.start() :]) if next_url else "")
