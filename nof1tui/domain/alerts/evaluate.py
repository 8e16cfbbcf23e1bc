"""Evaluation of alert rules: rules + alert state + a board → alerts that are due + the next state.

A rule alerts once when a metric of a subject crosses the threshold, and again only after the metric
returned by the hysteresis, crossed again, and the cool-down has passed. Stale records are not evaluated;
their state is kept. What is beyond the threshold at a rule's first evaluation raises no alert unless
the rule has `at_start`, so that a first start does not alert about a whole season.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.alerts.metrics import MetricReading, metric_readings
from nof1tui.domain.alerts.rule import AlertCondition, AlertRule
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.board_views import Views
from nof1tui.domain.figures.figure import Figure, Unit
from nof1tui.domain.figures.subjects import NO_SUBJECT, Subject
from nof1tui.domain.roster import Roster
from nof1tui.domain.stats.stats_cache import StatsCache

RECENT_WINDOW = timedelta(minutes=15)
"""Older events raise no alerts."""


class SubjectState(Struct, frozen=True, gc=False):
    """State of one rule for one subject."""

    beyond: bool = False
    since: datetime | None = None
    """When `beyond` last changed."""
    alerted_at: datetime | None = None


WatchKey = tuple[str, Subject]
"""A rule's id and a subject; the key without a subject holds the time of the first evaluation."""


class AlertState(Struct, frozen=True):
    """State of all rules."""

    subjects: Mapping[WatchKey, SubjectState] = field(default_factory=dict)
    sent_at: Mapping[str, datetime] = field(default_factory=dict)
    """Ids of recent alerts, with the time each was raised."""


class Evaluation(Struct, frozen=True):
    """Result of one evaluation."""

    state: AlertState
    alerts: tuple[Alert, ...] = ()
    changed: frozenset[WatchKey] = frozenset()
    """Keys of `state.subjects` that changed."""


def evaluate_rules(
    rules: Iterable[AlertRule],
    before: AlertState,
    board: Board,
    now: datetime,
    stats: StatsCache | None = None,
) -> Evaluation:
    """The alerts that are due on this board, in the order of the rules, and the next state.

    `stats` has the figures of the board before this one, of which the unchanged are not computed again.
    """
    views = Views(board, now, stats or StatsCache())
    alerts, changes, raised = list[Alert](), dict[WatchKey, SubjectState](), set[str]()
    for rule in rules:
        condition = rule.condition
        if condition is None:
            due, updates = _event_alerts(rule, before, board, now)
        else:
            due, updates = _threshold_alerts(rule, condition, before, board, views, now)
        changes |= updates
        fresh = [alert for alert in due if alert.id not in before.sent_at and alert.id not in raised]
        raised |= {alert.id for alert in fresh}
        alerts += fresh
    if not alerts and not changes:
        return Evaluation(before)
    recent = {key: at for key, at in before.sent_at.items() if now - at <= 2 * RECENT_WINDOW}
    after = AlertState({**before.subjects, **changes}, {**recent, **{alert.id: now for alert in alerts}})
    return Evaluation(after, tuple(alerts), frozenset(changes))


_Result = tuple[list[Alert], dict[WatchKey, SubjectState]]


def _threshold_alerts(
    rule: AlertRule, condition: AlertCondition, before: AlertState, board: Board, views: Views, now: datetime
) -> _Result:
    readings = [
        reading
        for reading in metric_readings(condition.figure, views)
        if rule.applies_to(reading.subject.account, reading.subject.coin, board.roster)
        and rule.feed in (None, reading.subject.feed)
    ]
    rule_id, alerts, changes = rule.id, list[Alert](), dict[WatchKey, SubjectState]()
    start = before.subjects.get((rule_id, NO_SUBJECT))
    if start is None:
        if not _is_complete(condition.figure, board, views):
            return [], {}
        changes[rule_id, NO_SUBJECT] = SubjectState(since=now)
    for reading in (*readings, *_closed_positions(rule, condition.figure, readings, before, views)):
        key = (rule_id, reading.subject)
        known = before.subjects.get(key, SubjectState())
        value = reading.value
        beyond = value is not None and condition.is_met(value, was_met=known.beyond)
        if beyond == known.beyond:
            continue
        after = SubjectState(beyond, now, known.alerted_at)
        muted = start is None and not rule.at_start
        cooled_down = known.alerted_at is None or now - known.alerted_at >= rule.cool_down
        if beyond and cooled_down and not muted:
            after = replace(after, alerted_at=now)
            alerts.append(_alert_from_reading(rule, condition, reading, board.roster, now))
        changes[key] = after
    return alerts, changes


def _is_complete(figure: Figure[Any], board: Board, views: Views) -> bool:
    """Whether all feeds the figure needs have responded; a first evaluation needs the whole season."""
    health = board.health
    if not health.feeds or not all(feed.requests for feed in health.feeds.values()):
        return False
    if figure.subject == "feed":
        return True
    if health.feed(figure.feed).last_ok_at is None:
        return False
    if figure.subject == "position":
        return bool(views.fresh_accounts)
    return next(views.fresh(figure), None) is not None


def _closed_positions(
    rule: AlertRule,
    figure: Figure[Any],
    readings: Iterable[MetricReading],
    before: AlertState,
    views: Views,
) -> Iterator[MetricReading]:
    """Readings without a value for closed positions that were beyond the threshold."""
    if figure.subject != "position":
        return
    rows = views.fresh_accounts
    open_positions = {reading.subject for reading in readings}
    for (rule_id, subject), known in before.subjects.items():
        at = rows.get(subject.account) if subject.account else None
        if at is not None and rule_id == rule.id and known.beyond and subject not in open_positions:
            yield MetricReading(subject, None, at)


def _event_alerts(rule: AlertRule, before: AlertState, board: Board, now: datetime) -> _Result:
    """Alerts for recent events the rule matches; events older than its first evaluation are ignored."""
    start = before.subjects.get((rule.id, NO_SUBJECT))
    if start is None:
        return [], {(rule.id, NO_SUBJECT): SubjectState(since=now)}
    first_evaluated_at = start.since or now
    alerts, changes = list[Alert](), dict[WatchKey, SubjectState]()
    oldest = max(first_evaluated_at, now - RECENT_WINDOW)
    for event in reversed([event for event in board.events if event.at >= oldest]):
        if event.kind not in rule.event_kinds or rule.feed not in (None, event.feed):
            continue
        if not rule.applies_to(event.account, event.coin, board.roster):
            continue
        alert = _alert_from_event(rule, event, board.roster, now)
        if alert.id in before.sent_at:
            continue
        key = (rule.id, alert.subject)
        known = changes.get(key) or before.subjects.get(key, SubjectState())
        if rule.cool_down and known.alerted_at is not None and now - known.alerted_at < rule.cool_down:
            continue
        if rule.cool_down:
            changes[key] = SubjectState(False, now, now)
        alerts.append(alert)
    return alerts, changes


def alert_event(alert: Alert) -> Event:
    """The event that records an alert."""
    subject = alert.subject
    return Event(
        id=alert.id,
        at=alert.at,
        kind="alert",
        account=subject.account,
        coin=subject.coin,
        value=alert.value,
        feed=subject.feed,
        reason=alert.text,
    )


def rule_id_of(event: Event) -> str:
    """The id of the rule behind an event of kind `alert`."""
    return event.id.split(":", 2)[1]


def _alert_from_reading(
    rule: AlertRule, condition: AlertCondition, reading: MetricReading, roster: Roster, now: datetime
) -> Alert:
    unit, value = condition.figure.unit, reading.value or 0.0
    subject = reading.subject
    shown, threshold = format_value(value, unit), format_value(condition.value, unit)
    expression = f"{condition.metric} {shown} {condition.comparison} {threshold}"
    return Alert(
        id=f"alert:{rule.id}:{subject.key}:{reading.at.isoformat()}",
        at=now,
        rule=rule.name,
        rule_id=rule.id,
        message=f"{_subject_label(subject, roster)}: {expression}",
        channels=rule.channels,
        subject=subject,
        observed_at=reading.at,
        metric=condition.metric,
        value=value,
        threshold=condition.value,
    )


def _alert_from_event(rule: AlertRule, event: Event, roster: Roster, now: datetime) -> Alert:
    subject = Subject(event.account, event.coin, event.feed)
    details = [event.kind.replace("_", " "), *([event.side] if event.side else [])]
    if event.reason is not None:
        details.append(f"· {event.reason}")
    elif event.net_usd is not None:
        details.append(f"net {format_value(event.net_usd, 'usd')}")
    elif event.price is not None:
        details.append(f"@ {format_value(event.price, 'usd')}")
    return Alert(
        id=f"alert:{rule.id}:{event.id}",
        at=now,
        rule=rule.name,
        rule_id=rule.id,
        message=f"{_subject_label(subject, roster)}: {' '.join(details)}",
        channels=rule.channels,
        subject=subject,
        observed_at=event.at,
        event=event,
    )


def _subject_label(subject: Subject, roster: Roster) -> str:
    account = subject.account
    name = roster.trader(account.trader).name if account else None
    if account is not None and account.competition:
        name = f"{name} @{account.competition}"
    return " ".join(part for part in (name, subject.coin, subject.feed) if part) or "arena"


def format_value(value: float, unit: Unit) -> str:
    """The value with its unit, for one line of text."""
    match unit:
        case "usd" | "price":
            sign, size = "-" if value < 0 else "", abs(value)
            return f"{sign}${size:,.2f}" if size >= 1 else f"{sign}${size:.6g}"
        case "pct":
            return f"{value:.2f}%"
        case "pp":
            return f"{value:.2f}pp"
        case "multiple":
            return f"{value:.2f}x"
        case "ratio" | "fraction":
            return f"{value:.2f}"
        case "seconds":
            return f"{value:,.0f}s"
        case _:
            return f"{value:,.15g}"
