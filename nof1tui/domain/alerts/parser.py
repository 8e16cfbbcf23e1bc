"""Parser of alert rules as written in the config file.

    [[alert]]
    name = "large drawdown"
    when = "return_pct < -20%"
    trader = "any"
    cool_down = "1h"

`when` is a condition: metric, comparison, value. `on` lists kinds of events instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import isfinite

from msgspec import Struct

from nof1tui.domain.alerts.alert import CHANNELS, Channel
from nof1tui.domain.alerts.metrics import WATCHED_SUBJECTS, watchable_figures
from nof1tui.domain.alerts.rule import COMPARISONS, DEFAULT_COOL_DOWN, AlertCondition, AlertRule
from nof1tui.domain.events.event import ALL_EVENT_KINDS, FEED_EVENT_KINDS
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.figures.catalogue import Catalogue, Found, UnknownFigure
from nof1tui.domain.figures.figure import SubjectKind, Unit
from nof1tui.domain.records import Feed
from nof1tui.domain.time_expressions import UnknownDuration, parse_duration

RULE_EVENT_KINDS: tuple[str, ...] = tuple(kind for kind in ALL_EVENT_KINDS if kind != "alert")
ANY = "any"
DEFAULT_HYSTERESIS = 0.01
"""Default hysteresis, as a share of the threshold."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)?")
_COMPARISON = re.compile(r"[<>=!≤≥≠]+")
_NUMBER = re.compile(r"[-+]?\$?(?:\d[\d_,]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_SUFFIXES: Mapping[Unit, Mapping[str, float]] = {
    "usd": {"": 1.0, "usd": 1.0, "k": 1e3, "m": 1e6},
    "price": {"": 1.0, "usd": 1.0, "k": 1e3, "m": 1e6},
    "pct": {"": 1.0, "%": 1.0},
    "pp": {"": 1.0, "%": 1.0, "pp": 1.0},
    "multiple": {"": 1.0, "x": 1.0},
    "ratio": {"": 1.0, "x": 1.0},
    "fraction": {"": 1.0, "%": 0.01},
    "seconds": {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0},
}
_NO_SUFFIX: Mapping[str, float] = {"": 1.0}


class RuleError(ValueError):
    """An invalid rule. `str()` names the rule, the position of the fault and the likely spelling."""


class RuleConfig(Struct, frozen=True):
    """One `[[alert]]` table of the config file."""

    name: str | None = None
    when: str | None = None
    on: Sequence[str] = ()
    trader: str | None = None
    coin: str | None = None
    feed: str | None = None
    cool_down: str | float | None = None
    hysteresis: float | None = None
    to: Sequence[str] | None = None
    at_start: bool = False


def parse_rules(
    tables: Iterable[RuleConfig], to: Sequence[str] = CHANNELS, catalogue: Catalogue | None = None
) -> tuple[AlertRule, ...]:
    """The rules, in order; `to` are the channels of those without any. Raises RuleError.

    Metrics are the numeric figures of the catalogue, which by default has all declared figures.
    """
    metrics = watchable_figures(catalogue or catalogues.default_catalogue())
    default, rules, ids = _channels(to), list[AlertRule](), set[str]()
    for number, table in enumerate(tables, start=1):
        try:
            rule = _rule(table, default, metrics)
        except RuleError as error:
            label = f" {table.name!a}" if table.name else ""
            raise RuleError(f"[[alert]] {number}{label}: {error}") from error
        if rule.id in ids:
            raise RuleError(f"[[alert]] {number} {rule.name!a}: duplicate of an earlier rule")
        ids.add(rule.id)
        rules.append(rule)
    return tuple(rules)


def rule_notices(rules: Iterable[AlertRule]) -> tuple[str, ...]:
    """A line for each rule that names its metric by a former name; `rules` are all of a config file."""
    return tuple(
        f"[[alert]] {number} {rule.name!a}: {rule.condition.notice}"
        for number, rule in enumerate(rules, start=1)
        if rule.condition is not None and rule.condition.notice
    )


def _rule(table: RuleConfig, default: tuple[Channel, ...], metrics: Catalogue) -> AlertRule:
    if bool(table.when) == bool(table.on):
        raise RuleError('needs either when, like when = "return_pct < -20%", or on, like on = "flipped"')
    trader, coin = (None if name in (None, "", ANY) else name for name in (table.trader, table.coin))
    condition = None
    if table.when:
        condition = _condition(table, metrics)
        _check_subject(table, condition)
    elif table.feed and not set(table.on) <= set(FEED_EVENT_KINDS):
        raise RuleError(f"feed: applies to the events {' and '.join(FEED_EVENT_KINDS)} only")
    kinds = tuple(_require_known(kind, RULE_EVENT_KINDS, "on: unknown event") for kind in table.on)
    channels = default if table.to is None else _channels(table.to)
    feed = None
    if table.feed not in (None, "", ANY):
        feed = Feed(_require_known(str(table.feed), [feed.value for feed in Feed], "feed: unknown feed"))
    cool_down = DEFAULT_COOL_DOWN if condition else timedelta()
    if table.cool_down is not None:
        cool_down = _cool_down(table.cool_down)
    name = table.name or table.when or "on " + ", ".join(kinds)
    return AlertRule(
        " ".join(name.split()), channels, condition, kinds, trader, coin, feed, cool_down, table.at_start
    )


def _condition(table: RuleConfig, metrics: Catalogue) -> AlertCondition:
    text = table.when or ""
    name, position = _match_at(_NAME, text, 0, 'a metric is needed, as in "return_pct < -20%"')
    found = _metric(table, name, metrics, _at(position - len(name)))
    sign, position = _match_at(
        _COMPARISON, text, position, f"a comparison is needed: {', '.join(COMPARISONS)}"
    )
    sign = {"≤": "<=", "≥": ">=", "≠": "!=", "=": "==", "=<": "<=", "=>": ">="}.get(sign, sign)
    if sign not in COMPARISONS:
        raise RuleError(
            f"when: {_at(position - len(sign))} unknown comparison {sign!a}; known: {', '.join(COMPARISONS)}"
        )
    value = _value(text, position, found.figure.unit)
    hysteresis = abs(value) * DEFAULT_HYSTERESIS if table.hysteresis is None else table.hysteresis
    if not isfinite(hysteresis) or hysteresis < 0:
        raise RuleError("hysteresis: must be a number, 0 or more")
    return AlertCondition(found.figure, name, sign, value, hysteresis, found.notice)


def _metric(table: RuleConfig, name: str, metrics: Catalogue, place: str) -> Found:
    """The figure that the rule means by this name. Raises RuleError."""
    first: tuple[SubjectKind, ...] = ("position", "coin") if table.coin else ("feed",) if table.feed else ()
    try:
        return metrics.find(name, (*first, *WATCHED_SUBJECTS))
    except UnknownFigure as error:
        known = [figure.key for subject in WATCHED_SUBJECTS for figure in metrics.of(subject)]
        hint = spelling_hint(name, list(dict.fromkeys(known)))
        raise RuleError(f"when: {place} unknown metric {name!a}{hint}") from error


def _match_at(pattern: re.Pattern[str], text: str, position: int, error: str) -> tuple[str, int]:
    """The match at this position, after white space, and the position behind it. Raises RuleError."""
    while position < len(text) and text[position].isspace():
        position += 1
    match = pattern.match(text, position)
    if match is None:
        raise RuleError(f"when: {_at(position)} {error}")
    return match[0], match.end()


def _value(text: str, position: int, unit: Unit) -> float:
    number, end = _match_at(_NUMBER, text, position, "a number is needed")
    suffix, value = text[end:].strip().lower(), float(re.sub(r"[$_,]", "", number))
    known = _SUFFIXES.get(unit, _NO_SUFFIX)
    if suffix not in known:
        units = " or ".join(repr(unit) for unit in known if unit)
        hint = f"only {units} may follow the number" if units else "nothing may follow the number"
        raise RuleError(f"when: {_at(end)} unexpected {text[end:].strip()!a}: {hint}")
    if not isfinite(value * known[suffix]):
        raise RuleError(f"when: {_at(end - len(number))} the number is too large")
    return value * known[suffix]


def _check_subject(table: RuleConfig, condition: AlertCondition) -> None:
    """Raises RuleError if the rule names a subject that the metric does not have."""
    figure = condition.figure
    takes = {"account": {"trader"}, "position": {"trader", "coin"}, "coin": {"coin"}, "feed": {"feed"}}
    for key in ("trader", "coin", "feed"):
        if getattr(table, key) and key not in takes[figure.subject]:
            owner = _with_article(figure.subject)
            raise RuleError(f"{key}: {condition.metric} is a metric of {owner}, not of a {key}")
    if (figure.subject, figure.key) == ("coin", "price") and table.coin in (None, "", ANY):
        raise RuleError('coin: price needs a coin, like coin = "BTC"')


def _cool_down(value: str | float) -> timedelta:
    try:
        duration = parse_duration(value) if isinstance(value, str) else timedelta(seconds=value)
    except (UnknownDuration, OverflowError, ValueError) as error:
        raise RuleError(f"cool_down: {error}") from error
    if duration < timedelta():
        raise RuleError("cool_down: must be 0 or more")
    return duration


def _channels(names: Sequence[str]) -> tuple[Channel, ...]:
    known = {_require_known(name, CHANNELS, "to: unknown channel") for name in names}
    return tuple(channel for channel in CHANNELS if channel in known)


def _require_known(name: str, known: Sequence[str], error: str) -> str:
    if name in known:
        return name
    raise RuleError(f"{error} {name!a}{spelling_hint(name, known)}")


def spelling_hint(name: str, known: Sequence[str]) -> str:
    """` (did you mean …?)` with the closest known name, else `; known: …` if there are few, else nothing."""
    word = name.lower().strip()
    close = [other for other in known if word and other.startswith(f"{word}_")]
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f"; known: {', '.join(known)}" if len(known) <= 12 else ""


def _at(position: int) -> str:
    return f"at position {position + 1}:"


def _with_article(noun: str) -> str:
    return f"an {noun}" if noun == "account" else f"a {noun}"
