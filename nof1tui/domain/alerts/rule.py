"""Parsed alert rules: a threshold or kinds of events, with the traders, coins and feeds they apply to."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from nof1tui.domain.alerts.alert import Channel
from nof1tui.domain.figures.figure import Figure
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster, normalise_id

DEFAULT_COOL_DOWN = timedelta(minutes=15)
"""Minimum time between alerts of one rule for one subject, unless the rule sets it."""

Comparator = Callable[[float, float], bool]
COMPARISONS: Mapping[str, Comparator] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


class AlertCondition(Struct, frozen=True):
    """A comparison of a figure with a threshold."""

    figure: Figure[Any]
    metric: str
    """The figure's name as in the config file, where it may be a former or a short one."""
    comparison: str
    value: float
    hysteresis: float
    """In the unit of the figure: how far it must return before it can cross again."""
    notice: str | None = None
    """What a former name is called now."""

    def is_met(self, figure: float, *, was_met: bool) -> bool:
        """Whether the figure is beyond the threshold; if `was_met`, until it returns by the hysteresis."""
        hysteresis = self.hysteresis if was_met else 0.0
        bound = self.value + (hysteresis if self.comparison in ("<", "<=") else -hysteresis)
        if self.comparison in ("==", "!="):
            bound = self.value
        return COMPARISONS[self.comparison](figure, bound)


class AlertRule(Struct, frozen=True):
    """One alert rule."""

    name: str
    channels: tuple[Channel, ...]
    condition: AlertCondition | None
    """None for a rule on events."""
    event_kinds: tuple[str, ...] = ()
    trader: str | None = None
    """Id or name in any spelling, or `trader@competition`; None for any model."""
    coin: str | None = None
    feed: Feed | None = None
    cool_down: timedelta = DEFAULT_COOL_DOWN
    at_start: bool = False
    """Also alert about what is beyond the threshold at the rule's first evaluation."""

    @property
    def id(self) -> str:
        """Hash of what the rule watches; a changed rule has a new id."""
        condition = self.condition
        watched = condition and (
            condition.figure.subject,
            condition.metric,
            condition.comparison,
            condition.value,
        )
        identity = (self.name, watched, self.event_kinds, self.trader, self.coin, self.feed)
        return blake2b(repr(identity).encode(), digest_size=6).hexdigest()

    @property
    def expression(self) -> str:
        """The condition or the event kinds as text, as in the config file."""
        condition = self.condition
        if condition is None:
            return "on " + ", ".join(self.event_kinds)
        return f"{condition.metric} {condition.comparison} {condition.value:.15g}"

    def applies_to(self, account: AccountKey | None, coin: str | None, roster: Roster) -> bool:
        """Whether the rule covers this trader and this coin."""
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
