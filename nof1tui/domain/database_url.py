"""The address of a PostgreSQL database, `postgresql://user:password@host/database?option=value`, checked.

libpq accepts more than this grammar: of `u:pa@ss@host` it takes `ss@host` for the host, and prints it. So
a password's special characters must be percent-encoded; a text that breaks the rule is refused as a whole
and never quoted.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlencode

MASK = "***"

FORM_RULE = "must be a PostgreSQL URL: postgresql://user:password@host/database"
ENCODING_RULE = (
    "has a special character that is not encoded. Where it belongs to a user, a password or an option, "
    "percent-encode it: @ : / ? # % and space are %40 %3A %2F %3F %23 %25 %20"
)
HOST_RULE = (
    "must have a host, or host:port with a port from 1 to 65535, after the @; several are separated by commas"
)
OPTION_RULE = "must have options of the form ?option=value&option=value"

_URL = re.compile(
    r"postgres(?:ql)?(?:\+psycopg)?://"
    r"(?:(?P<user>[^:@/?#]*)(?P<password>:[^@/?#]*)?@)?"
    r"(?P<hosts>[^@/?#]*)(?P<database>/[^@/?#]*)?(?P<options>\?[^@?#]*)?"
)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|(?:[\w.~+-]|%[0-9A-Fa-f]{2})*)(?::(?P<port>[0-9]{1,5}))?")
_OPTION = re.compile(r"(?P<name>[a-z_]+)=[^=]*")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")
_SECRET_OPTION = re.compile(r"([?&][a-z_]*(?:password|secret|token)[a-z_]*=)[^&]*", re.IGNORECASE)


class InvalidDatabaseUrl(ValueError):
    """The text is not a well-formed database URL. `str()` is the rule it breaks; it never quotes the text."""


def check_database_url(text: str) -> str:
    """The URL without surrounding space. Raises InvalidDatabaseUrl."""
    text = text.strip()
    _match(text)
    return text


def compose_database_url(host: str, port: int, database: str, user: str, password: str | None) -> str:
    """A URL of these parts, each percent-encoded; `host` is a name, an address or a socket's folder."""
    login = quote(user, safe="")
    if password is not None:
        login += ":" + quote(password, safe="")
    name = quote(database, safe="")
    if host.startswith("/"):
        return f"postgresql://{login}@/{name}?{urlencode({'host': host, 'port': port})}"
    bracketed = f"[{host.strip('[]')}]" if ":" in host else quote(host, safe="")
    return f"postgresql://{login}@{bracketed}:{port}/{name}"


def mask_database_url(text: str) -> str:
    """The URL with `***` in place of its passwords; of a malformed one only the scheme is kept."""
    try:
        parts = _match(text)
    except InvalidDatabaseUrl:
        return f"postgresql://{MASK}"
    if parts["password"] is not None:
        start, end = parts.span("password")
        text = f"{text[:start]}:{MASK}{text[end:]}"
    head, mark, options = text.partition("?")
    return head + _SECRET_OPTION.sub(rf"\g<1>{MASK}", mark + options)


def _match(text: str) -> re.Match[str]:
    """The parts of a well-formed URL. Raises InvalidDatabaseUrl."""
    scheme, separator, _ = text.partition("://")
    if not separator or not re.fullmatch(r"postgres(?:ql)?(?:\+psycopg)?", scheme):
        raise InvalidDatabaseUrl(FORM_RULE)
    parts = _URL.fullmatch(text)
    if parts is None or not text.isprintable() or re.search(r"\s", text) or _BAD_PERCENT.search(text):
        raise InvalidDatabaseUrl(ENCODING_RULE)
    try:
        unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidDatabaseUrl(ENCODING_RULE) from None
    for host in parts["hosts"].split(","):
        address = _HOST.fullmatch(host)
        if address is None or (address["port"] is not None and not 1 <= int(address["port"]) <= 65_535):
            raise InvalidDatabaseUrl(HOST_RULE)
    options = (parts["options"] or "")[1:]
    if options and not all(_OPTION.fullmatch(option) for option in options.split("&")):
        raise InvalidDatabaseUrl(OPTION_RULE)
    return parts
