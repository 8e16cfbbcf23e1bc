"""The filter language: `coin:btc side:short net<-100 !claude "take profit" /stop.{0,9}moved/ is:acting`.

    filter = term term …                all must hold
    term   = [!] words | /regex/ | field operator value,… | is:flag,…
    words  = word or "phrase", several with | between: one must be in the text

A backslash keeps a quote, a backslash or a slash from ending what it is in. Values may be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import cast

from nof1tui.domain.filters.errors import FilterError, shown, unknown_name
from nof1tui.domain.filters.fields import FilterField, FilterFields
from nof1tui.domain.filters.terms import (
    FieldTerm,
    FilterValue,
    FlagTerm,
    Operator,
    RegexTerm,
    RowFilter,
    Term,
    TextTerm,
)
from nof1tui.domain.filters.values import ValueRefused, is_grouped_number, parse_value

MOST_CHARACTERS = 1_000
MOST_IN_REGEX = 200

FIELD_START = re.compile(r"([A-Za-z_]\w*)(!=|<=|>=|[:=<>])")
_ORDERINGS = ("<", "<=", ">", ">=")
_ORDERED = ("number", "percent", "duration", "moment")
_STRAY_OPERATOR = re.compile(r"[<>]=?|[=:]")
_SPACES = re.compile(r"\s+")
_TO_SPACE = re.compile(r"\S*")
_BARE = {"|": re.compile(r"[^\s|]*"), ",": re.compile(r"[^\s,]*")}
"""An item without quotes, by what separates it from the next."""
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/", re.DOTALL)
_DATE_AND_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?:Z| ?UTC)?(?=[\s,]|\Z)",
    re.IGNORECASE,
)


def parse_filter(text: str, fields: FilterFields, now: datetime) -> RowFilter:
    """The filter that text means over a table with these fields. Raises FilterError.

    Relative moments count from `now`: parse again where they must follow the clock. Regular
    expressions are compiled later (`compile_filter`), which may refuse them.
    """
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"{len(text):,} characters; a filter has at most {MOST_CHARACTERS:,}", 0, len(text))
    return RowFilter(tuple(_Parser(text, fields, now).terms()))


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, fields: FilterFields, now: datetime) -> None:
        self._text = text
        self._fields = fields
        self._now = now
        self._at = 0
        self._start = 0
        """Where the present term begins."""

    def terms(self) -> Iterator[Term]:
        self._take(_SPACES)
        while self._at < len(self._text):
            self._start = self._at
            yield self._term()
            self._take(_SPACES)

    def _term(self) -> Term:
        negated = self._take_character("!")
        if negated and self._at_boundary():
            raise self._refusal(" needs a term after it")
        if negated and self._peek() == "!":
            raise self._refusal(": one ! is enough")
        if self._peek() == "/":
            return self._regex(negated)
        named = self._take(FIELD_START)
        if named is None:
            return self._words(negated)
        name, operator = named[1], cast(Operator, named[2])
        if name.lower() == "is":
            return self._flags(operator, negated)
        field = self._fields.named(name)
        if field is None:
            raise FilterError(unknown_name("field", name, self._fields.spellings), *named.span(1))
        return self._comparison(field, operator, negated)

    def _words(self, negated: bool) -> TextTerm:
        stray = _STRAY_OPERATOR.match(self._text, self._at)
        alternatives = self._listed("|")
        if stray is not None:
            raise self._refusal(": no field before it; write net<-100, or quote a word")
        if not alternatives:
            raise self._refusal(": needs a word")
        return TextTerm(alternatives, negated)

    def _regex(self, negated: bool) -> RegexTerm:
        written = self._take(_REGEX)
        if written is None:
            raise self._refusal(" : missing closing /", end=len(self._text))
        if not self._at_boundary():
            raise self._refusal(r" : write \/ for a slash inside a regex")
        if len(written[1]) > MOST_IN_REGEX:
            raise self._refusal(f" : {len(written[1])} characters; a regex has at most {MOST_IN_REGEX}")
        if not written[1]:
            raise self._refusal(" : needs a pattern")
        return RegexTerm(_slashes_plain(written[1]), negated)

    def _flags(self, operator: Operator, negated: bool) -> FlagTerm:
        if operator != ":":
            raise self._refusal(" is not a flag; write is:flag")
        flags = tuple(flag.lower() for flag in self._listed(","))
        if not flags:
            raise self._refusal(" needs a flag: " + " ".join(self._fields.flags))
        for flag in flags:
            if flag not in self._fields.flags:
                raise FilterError(unknown_name("flag", flag, self._fields.flags), self._start, self._at)
        return FlagTerm(flags, negated)

    def _comparison(self, field: FilterField, operator: Operator, negated: bool) -> FieldTerm:
        if operator in _ORDERINGS and field.kind not in _ORDERED:
            self._listed(",")
            raise self._refusal(f": {field.name} takes : = and !=, not {operator}")
        texts = self._listed(",", moments=field.kind == "moment")
        if not texts:
            raise self._refusal(" needs a value")
        if operator in _ORDERINGS and len(texts) > 1:
            together = ",".join(texts)
            if field.kind not in ("number", "percent") or not is_grouped_number(together):
                raise self._refusal(f": {operator} takes one value")
            texts = (together,)
        return FieldTerm(field.name, field.kind, operator, self._values(texts, field, operator), negated)

    def _values(
        self, texts: tuple[str, ...], field: FilterField, operator: Operator
    ) -> tuple[FilterValue, ...]:
        try:
            return tuple(parse_value(text, field, operator, self._now) for text in texts)
        except ValueRefused as error:
            raise self._refusal(f": {error}") from error

    def _listed(self, separator: str, *, moments: bool = False) -> tuple[str, ...]:
        """Items with a separator between, bare or quoted, up to a space; empty ones are left out."""
        items: list[str] = []
        while True:
            item = self._item(separator, moments=moments)
            if item:
                items.append(item)
            if not self._take_character(separator):
                return tuple(items)

    def _item(self, separator: str, *, moments: bool) -> str:
        if self._peek() == '"':
            quoted = self._take(_QUOTED)
            if quoted is None:
                raise self._refusal(': missing closing "', end=len(self._text))
            if not self._at_boundary(separator):
                raise self._refusal(': needs a space after the closing "')
            return _one_line(re.sub(r'\\(["\\])', r"\1", quoted[1]))
        written = self._take(_DATE_AND_TIME) if moments else None
        written = written or self._take(_BARE[separator])
        return _one_line(written[0]) if written is not None else ""

    # Characters

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, wanted: re.Pattern[str]) -> re.Match[str] | None:
        found = wanted.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _take_character(self, wanted: str) -> bool:
        taken = self._peek() == wanted
        self._at += taken
        return taken

    def _at_boundary(self, also: str = "") -> bool:
        """Whether a space, the end of the text or one of these characters comes next."""
        following = self._peek()
        return following == "" or following in also or _SPACES.match(following) is not None

    def _refusal(self, reason: str, end: int | None = None) -> FilterError:
        """An error about the present term, up to its next space."""
        if end is None:
            self._take(_TO_SPACE)
            end = self._at
        return FilterError(shown(self._text[self._start : end]) + reason, self._start, end)


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _slashes_plain(pattern: str) -> str:
    return re.sub(r"\\(.)", lambda pair: "/" if pair[1] == "/" else pair[0], pattern, flags=re.DOTALL)
