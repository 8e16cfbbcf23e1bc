"""Redaction of secrets in texts before they are logged, printed or shown.

Errors of drivers and libraries repeat addresses, options and headers. Anything in them that looks like
a secret is replaced by `***`; false positives are accepted.
"""

from __future__ import annotations

import re

from nof1tui.domain.database_url import MASK, mask_database_url

_IN_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://[^\s:/?#@]*):[^\s]*@", re.IGNORECASE)
_DATABASE_URL = re.compile(r"(?P<quote>[\"'`]?)(?P<line>postgres\S{0,16}?//[^\n]*)", re.IGNORECASE)
"""A database URL and the rest of its line: a malformed password may have spaces."""
_URL_END = re.compile(r"\s|[.,;:)\]}\"'`]+(?:\s|$)")
_PASSWORD_OPTION = re.compile(r"password[^&=]*=", re.IGNORECASE)
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
    text = _DATABASE_URL.sub(
        lambda found: found["quote"] + _redact_database_urls(found["line"], found["quote"]), text
    )
    text = _IN_ADDRESS.sub(rf"\1:{MASK}@", text)
    text = _OPTION.sub(rf"\1={MASK}", text)
    text = _MEMBER.sub(rf'\1"{MASK}"', text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    return _BEARER.sub(rf"\1 {MASK}", text)


def _redact_database_urls(line: str, quote: str) -> str:
    """The line, which begins with a database URL in this quote, if any, without passwords.

    Where the URL is malformed, has a password as an option, or an `@` follows it, the line is cut: what
    follows may be a piece of a password that has spaces or quotes.
    """
    end = _URL_END.search(line)
    length = line.rfind(quote) if quote else end.start() if end else len(line)
    url, rest = (line[:length], line[length:]) if length >= 0 else (line, "")
    masked = mask_database_url(url)
    may_be_cut = rest.startswith(":") and "/" not in url.partition("://")[2]
    if may_be_cut or masked == f"postgresql://{MASK}":
        return f"postgresql://{MASK}"
    following = _DATABASE_URL.search(rest)
    between = rest[: following.start()] if following else rest
    if "@" in between or (between.strip(" \"'`.,;:)]}") and _PASSWORD_OPTION.search(url)):
        return masked + MASK if "@" not in between else f"postgresql://{MASK}"
    if following is None:
        return masked + rest
    return (
        masked + between + following["quote"] + _redact_database_urls(following["line"], following["quote"])
    )
