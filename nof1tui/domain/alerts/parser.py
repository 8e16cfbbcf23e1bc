"""Alert rules as people write them.

    [[alert]]
    name = "deep under water"
    when = "return_pct < -20%"
    trader = "any"
    cool_down = "1h"

`when` watches a figure: metric, comparison, value. `on` waits for kinds of events instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite

from nof1tui.domain.alerts.alert import CHANNELS, Channel
from nof1tui.domain.alerts.metrics import ALERT_METRICS, AlertMetric, Unit, metrics_named
from nof1tui.domain.alerts.rule import COMPARISONS, DEFAULT_COOL_DOWN, AlertCondition, AlertRule
from nof1tui.domain.events.event import ALL_EVENT_KINDS, FEED_EVENT_KINDS
from nof1tui.domain.records import Feed
from nof1tui.domain.time_expressions import UnknownDuration, parse_duration

RULE_EVENT_KINDS: tuple[str, ...] = tuple(kind for kind in ALL_EVENT_KINDS if kind != "alert")
ANY = "any"
DEFAULT_HYSTERESIS = 0.01
"""Of rules that name none: by so much of the value a figure must come back."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMPARISON = re.compile(r"[<>=!≤≥≠]+")
_NUMBER = re.compile(r"[-+]?\$?(?:\d[\d_,]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")
_SUFFIXES: Mapping[Unit, Mapping[str, float]] = {
    "usd": {"": 1.0, "usd": 1.0, "k": 1e3, "m": 1e6},
    "pct": {"": 1.0, "%": 1.0},
    "multiple": {"": 1.0, "x": 1.0},
    "count": {"": 1.0},
    "seconds": {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0},
    "coins": {"": 1.0},
}


class RuleError(ValueError):
    """A rule that cannot be used. `str()` names it, the place of the fault, and the likely spelling."""


@dataclass(frozen=True, slots=True)
class RuleConfig:
    """A rule as it stands in the config file."""

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


def parse_rules(written: Iterable[RuleConfig], to: Sequence[str] = CHANNELS) -> tuple[AlertRule, ...]:
    """The rules, in order; `to` are the ways of those that name none. Raises RuleError."""
    default, rules, ids = _channels(to), list[AlertRule](), set[str]()
    for number, table in enumerate(written, start=1):
        try:
            rule = _rule(table, default)
        except RuleError as error:
            named = f" {table.name!a}" if table.name else ""
            raise RuleError(f"[[alert]] {number}{named}: {error}") from error
        if rule.id in ids:
            raise RuleError(f"[[alert]] {number} {rule.name!a}: the same rule is there already")
        ids.add(rule.id)
        rules.append(rule)
    return tuple(rules)


def _rule(table: RuleConfig, default: tuple[Channel, ...]) -> AlertRule:
    if bool(table.when) == bool(table.on):
        raise RuleError('it needs either when, like when = "return_pct < -20%", or on, like on = "flipped"')
    trader, coin = (None if said in (None, "", ANY) else said for said in (table.trader, table.coin))
    condition = None
    if table.when:
        condition = _condition(table, by_coin=bool(table.coin))
        _check_subject(table, condition.metric)
    elif table.feed and not set(table.on) <= set(FEED_EVENT_KINDS):
        raise RuleError(f"feed: only {' and '.join(FEED_EVENT_KINDS)} are of a feed")
    kinds = tuple(_require_known(kind, RULE_EVENT_KINDS, "on: there is no event") for kind in table.on)
    rule_to = default if table.to is None else _channels(table.to)
    feed = None
    if table.feed not in (None, "", ANY):
        feed = Feed(_require_known(str(table.feed), [feed.value for feed in Feed], "feed: there is no feed"))
    cool_down = DEFAULT_COOL_DOWN if condition else timedelta()
    if table.cool_down is not None:
        cool_down = _cool_down(table.cool_down)
    name = table.name or table.when or "on " + ", ".join(kinds)
    return AlertRule(
        " ".join(name.split()), rule_to, condition, kinds, trader, coin, feed, cool_down, table.at_start
    )


def _condition(table: RuleConfig, *, by_coin: bool) -> AlertCondition:
    text = table.when or ""
    name, place = _match_at(_NAME, text, 0, 'a metric is needed, as in "return_pct < -20%"')
    found = metrics_named(
        _require_known(
            name, [m.name for m in ALERT_METRICS], f"when: {_at(place - len(name))} there is no metric"
        )
    )
    metric = found["position"] if by_coin and "position" in found else next(iter(found.values()))
    sign, place = _match_at(_COMPARISON, text, place, f"a comparison is needed: {', '.join(COMPARISONS)}")
    sign = {"≤": "<=", "≥": ">=", "≠": "!=", "=": "==", "=<": "<=", "=>": ">="}.get(sign, sign)
    if sign not in COMPARISONS:
        raise RuleError(f"when: {_at(place - len(sign))} {sign!a} is no comparison: {', '.join(COMPARISONS)}")
    value = _value(text, place, metric.unit)
    slack = abs(value) * DEFAULT_HYSTERESIS if table.hysteresis is None else table.hysteresis
    if not isfinite(slack) or slack < 0:
        raise RuleError("hysteresis: must be a number, 0 or more")
    return AlertCondition(metric, sign, value, slack)


def _match_at(pattern: re.Pattern[str], text: str, place: int, need: str) -> tuple[str, int]:
    """What stands there, and the place behind it."""
    while place < len(text) and text[place].isspace():
        place += 1
    found = pattern.match(text, place)
    if found is None:
        raise RuleError(f"when: {_at(place)} {need}")
    return found[0], found.end()


def _value(text: str, place: int, unit: Unit) -> float:
    number, end = _match_at(_NUMBER, text, place, "a number is needed")
    suffix, value = text[end:].strip().lower(), float(re.sub(r"[$_,]", "", number))
    known = _SUFFIXES[unit]
    if suffix not in known:
        units = " or ".join(repr(word) for word in known if word)
        hint = f": only {units} may follow the number" if units else ": nothing may follow the number"
        raise RuleError(f"when: {_at(end)} {text[end:].strip()!a} is too much{hint}")
    if not isfinite(value * known[suffix]):
        raise RuleError(f"when: {_at(end - len(number))} the number is too large")
    return value * known[suffix]


def _check_subject(table: RuleConfig, metric: AlertMetric) -> None:
    """Raises RuleError where the rule names a subject that the figure is not of."""
    takes = {"account": {"trader"}, "position": {"trader", "coin"}, "coin": {"coin"}, "feed": {"feed"}}
    for key in ("trader", "coin", "feed"):
        if getattr(table, key) and key not in takes[metric.subject]:
            raise RuleError(
                f"{key}: {metric.name} is a figure of {_with_article(metric.subject)}, not of a {key}"
            )
    if metric.name == "price" and table.coin in (None, "", ANY):
        raise RuleError('coin: price needs one, like coin = "BTC"')


def _cool_down(said: str | float) -> timedelta:
    try:
        span = parse_duration(said) if isinstance(said, str) else timedelta(seconds=said)
    except (UnknownDuration, OverflowError, ValueError) as error:
        raise RuleError(f"cool_down: {error}") from error
    if span < timedelta():
        raise RuleError("cool_down: must be 0 or more")
    return span


def _channels(said: Sequence[str]) -> tuple[Channel, ...]:
    known = {_require_known(way, CHANNELS, "to: there is no way") for way in said}
    return tuple(way for way in CHANNELS if way in known)


def _require_known(said: str, known: Sequence[str], what: str) -> str:
    if said in known:
        return said
    raise RuleError(f"{what} {said!a}{spelling_hint(said, known)}")


def spelling_hint(said: str, known: Sequence[str]) -> str:
    """A hint at the spelling that was probably meant; else all there are, where there are few."""
    word = said.lower().strip()
    close = [name for name in known if word and name.startswith(f"{word}_")]
    close = close or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f" (did you mean {close[0]!r}?)"
    return f": there are {', '.join(known)}" if len(known) <= 12 else ""


def _at(place: int) -> str:
    return f"at position {place + 1}:"


def _with_article(of: str) -> str:
    return f"an {of}" if of == "account" else f"a {of}"
