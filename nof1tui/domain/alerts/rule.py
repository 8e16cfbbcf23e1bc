"""Alert rules, ready to be judged: a figure beyond a value, or kinds of events, of whom and where."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

from nof1tui.domain.alerts.alert import Channel
from nof1tui.domain.alerts.metrics import AlertMetric
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, normalise_id

DEFAULT_COOL_DOWN = timedelta(minutes=15)
"""Of rules that name none: time before the same rule tells of the same subject again."""

Comparator = Callable[[float, float], bool]
COMPARISONS: Mapping[str, Comparator] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class AlertCondition:
    """A figure beyond a value."""

    metric: AlertMetric
    comparison: str
    value: float
    hysteresis: float
    """In the unit of the figure: so far back it must come before it can cross again."""

    def is_met(self, figure: float, *, held: bool) -> bool:
        """Whether the figure is beyond; one that was is so until it came back by the hysteresis."""
        slack = self.hysteresis if held else 0.0
        bound = self.value + (slack if self.comparison in ("<", "<=") else -slack)
        if self.comparison in ("==", "!="):
            bound = self.value
        return COMPARISONS[self.comparison](figure, bound)


@dataclass(frozen=True, slots=True)
class AlertRule:
    name: str
    channels: tuple[Channel, ...]
    condition: AlertCondition | None
    """None: it waits for events."""
    event_kinds: tuple[str, ...] = ()
    trader: str | None = None
    """Id or name in any spelling, or `trader@competition`; None is any model."""
    coin: str | None = None
    feed: Feed | None = None
    cool_down: timedelta = DEFAULT_COOL_DOWN
    at_start: bool = False
    """Also what is so already when the rule is judged for the first time."""

    @property
    def id(self) -> str:
        """The same for a rule that means the same; a changed one is a new rule."""
        condition = self.condition
        watched = condition and (
            condition.metric.subject,
            condition.metric.name,
            condition.comparison,
            condition.value,
        )
        means = (self.name, watched, self.event_kinds, self.trader, self.coin, self.feed)
        return blake2b(repr(means).encode(), digest_size=6).hexdigest()

    @property
    def expression(self) -> str:
        """What it watches, as it would be written."""
        condition = self.condition
        if condition is None:
            return "on " + ", ".join(self.event_kinds)
        return f"{condition.metric.name} {condition.comparison} {condition.value:.15g}"

    def applies_to(self, account: AccountKey | None, coin: str | None, roster: Roster) -> bool:
        """Whether the rule is about this trader and this coin."""
        if self.coin is not None and (coin is None or coin.casefold() != self.coin.casefold()):
            return False
        if account is None:
            return self.trader is None
        known = roster.trader(account.trader)
        if self.trader is None:
            return known.kind != "benchmark"
        wanted, _, competition = self.trader.partition("@")
        if competition and normalise_id(competition) != normalise_id(account.competition):
            return False
        return normalise_id(wanted) in (normalise_id(account.trader), normalise_id(known.name))
