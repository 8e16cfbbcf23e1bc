"""Judging alert rules: what is known + a board → the alerts that are due and what is known then.

A rule tells of a subject once when its figure crosses the value, and not again before the figure came
back by the hysteresis, crossed again, and the cool-down is over. Stale records are not judged: what
was known of them stays. When a rule is judged for the first time, what is beyond its value already
is noted and not told (`at_start` tells it), so that a first start does not ring for a whole season.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import isfinite

from nof1tui.domain.alerts.alert import NO_SUBJECT, Alert, Subject
from nof1tui.domain.alerts.metrics import AlertMetric, MetricReading, Unit, fresh_accounts
from nof1tui.domain.alerts.rule import AlertCondition, AlertRule
from nof1tui.domain.board import Board
from nof1tui.domain.events.event import Event
from nof1tui.domain.roster import Roster

RECENT_WINDOW = timedelta(minutes=15)
"""What happened longer ago is told by the list of events alone."""


@dataclass(frozen=True, slots=True)
class SubjectState:
    """What is known of one subject of one rule."""

    beyond: bool = False
    since: datetime | None = None
    """When that was last seen to change."""
    told_at: datetime | None = None


WatchKey = tuple[str, Subject]
"""A rule's id and a subject; without a subject: when the rule was judged first."""


@dataclass(frozen=True, slots=True)
class AlertState:
    """What is known of all rules."""

    subjects: Mapping[WatchKey, SubjectState] = field(default_factory=dict)
    sent_at: Mapping[str, datetime] = field(default_factory=dict)
    """Ids of the alerts of late, and when they were told."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    state: AlertState
    alerts: tuple[Alert, ...] = ()
    changed: frozenset[WatchKey] = frozenset()
    """What of the memory is new."""


def evaluate_rules(rules: Iterable[AlertRule], memory: AlertState, board: Board, now: datetime) -> Evaluation:
    """The alerts that are due on this board, oldest rule first, and what is known then."""
    alerts, changes, told = list[Alert](), dict[WatchKey, SubjectState](), set[str]()
    for rule in rules:
        condition = rule.condition
        if condition is None:
            found, known = _event_alerts(rule, memory, board, now)
        else:
            found, known = _threshold_alerts(rule, condition, memory, board, now)
        changes |= known
        fresh = [alert for alert in found if alert.id not in memory.sent_at and alert.id not in told]
        told |= {alert.id for alert in fresh}
        alerts += fresh
    if not alerts and not changes:
        return Evaluation(memory)
    late = {key: at for key, at in memory.sent_at.items() if now - at <= 2 * RECENT_WINDOW}
    after = AlertState({**memory.subjects, **changes}, {**late, **{alert.id: now for alert in alerts}})
    return Evaluation(after, tuple(alerts), frozenset(changes))


_Found = tuple[list[Alert], dict[WatchKey, SubjectState]]


def _threshold_alerts(
    rule: AlertRule, condition: AlertCondition, memory: AlertState, board: Board, now: datetime
) -> _Found:
    readings = [
        reading
        for reading in condition.metric.readings(board, now)
        if rule.applies_to(reading.subject.account, reading.subject.coin, board.roster)
        and rule.feed in (None, reading.subject.feed)
    ]
    rule_id, alerts, changes = rule.id, list[Alert](), dict[WatchKey, SubjectState]()
    start = memory.subjects.get((rule_id, NO_SUBJECT))
    if start is None:
        if not _is_complete(condition.metric, board, now):
            return [], {}
        changes[rule_id, NO_SUBJECT] = SubjectState(since=now)
    for reading in (*readings, *_closed_positions(rule, condition.metric, readings, memory, board, now)):
        key = (rule_id, reading.subject)
        known = memory.subjects.get(key, SubjectState())
        value = reading.value
        usable = value is not None and isfinite(value)
        beyond = usable and condition.is_met(value or 0.0, held=known.beyond)
        if beyond == known.beyond:
            continue
        after = SubjectState(beyond, now, known.told_at)
        quiet = start is None and not rule.at_start
        rested = known.told_at is None or now - known.told_at >= rule.cool_down
        if beyond and rested and not quiet and value is not None:
            after = replace(after, told_at=now)
            alerts.append(
                _alert_from_reading(rule, condition, replace(reading, value=value), board.roster, now)
            )
        changes[key] = after
    return alerts, changes


def _is_complete(metric: AlertMetric, board: Board, now: datetime) -> bool:
    """Whether the board is all there, so that a first judgement is not of a season half read."""
    health = board.health
    if not health.feeds or not all(feed.requests for feed in health.feeds.values()):
        return False
    if metric.subject == "feed":
        return True
    if health.feed(metric.feed).last_ok_at is None:
        return False
    if metric.subject == "position":
        return next(fresh_accounts(board, now), None) is not None
    return next(metric.readings(board, now), None) is not None


def _closed_positions(
    rule: AlertRule,
    metric: AlertMetric,
    readings: Iterable[MetricReading],
    memory: AlertState,
    board: Board,
    now: datetime,
) -> Iterator[MetricReading]:
    """Positions that were beyond and are closed: a figure that is no more has come back."""
    if metric.subject != "position":
        return
    rows = {view.row.account: view.row.observed_at for view in fresh_accounts(board, now)}
    held = {reading.subject for reading in readings}
    for (rule_id, subject), known in memory.subjects.items():
        if rule_id == rule.id and known.beyond and subject not in held and subject.account in rows:
            yield MetricReading(subject, None, rows[subject.account])


def _event_alerts(rule: AlertRule, memory: AlertState, board: Board, now: datetime) -> _Found:
    """Events of late that the rule waits for; those before it was first judged are none of its."""
    start = memory.subjects.get((rule.id, NO_SUBJECT))
    if start is None:
        return [], {(rule.id, NO_SUBJECT): SubjectState(since=now)}
    begun = start.since or now
    alerts, changes = list[Alert](), dict[WatchKey, SubjectState]()
    late = [event for event in board.events if now - event.at <= RECENT_WINDOW and event.at >= begun]
    for event in reversed(late):
        if event.kind not in rule.event_kinds or rule.feed not in (None, event.feed):
            continue
        if not rule.applies_to(event.account, event.coin, board.roster):
            continue
        alert = _alert_from_event(rule, event, board.roster, now)
        if alert.id in memory.sent_at:
            continue
        key = (rule.id, alert.subject)
        known = changes.get(key) or memory.subjects.get(key, SubjectState())
        if rule.cool_down and known.told_at is not None and now - known.told_at < rule.cool_down:
            continue
        if rule.cool_down:
            changes[key] = SubjectState(False, now, now)
        alerts.append(alert)
    return alerts, changes


def alert_event(alert: Alert) -> Event:
    """The alert as one of the things that happened."""
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
    """The id of the rule whose alert this is."""
    return event.id.split(":", 2)[1]


def _alert_from_reading(
    rule: AlertRule, condition: AlertCondition, reading: MetricReading, roster: Roster, now: datetime
) -> Alert:
    metric, value = condition.metric, reading.value or 0.0
    subject = reading.subject
    bound = format_value(condition.value, metric.unit)
    words = f"{_subject_label(subject, roster)}: {metric.name} {format_value(value, metric.unit)} {condition.comparison} {bound}"
    return Alert(
        id=f"alert:{rule.id}:{subject.key}:{reading.at.isoformat()}",
        at=now,
        rule=rule.name,
        rule_id=rule.id,
        message=words,
        channels=rule.channels,
        subject=subject,
        observed_at=reading.at,
        metric=metric.name,
        value=value,
        threshold=condition.value,
    )


def _alert_from_event(rule: AlertRule, event: Event, roster: Roster, now: datetime) -> Alert:
    subject = Subject(event.account, event.coin, event.feed)
    facts = [event.kind.replace("_", " "), *([event.side] if event.side else [])]
    if event.reason is not None:
        facts.append(f"· {event.reason}")
    elif event.net_usd is not None:
        facts.append(f"net {format_value(event.net_usd, 'usd')}")
    elif event.price is not None:
        facts.append(f"@ {format_value(event.price, 'usd')}")
    return Alert(
        id=f"alert:{rule.id}:{event.id}",
        at=now,
        rule=rule.name,
        rule_id=rule.id,
        message=f"{_subject_label(subject, roster)}: {' '.join(facts)}",
        channels=rule.channels,
        subject=subject,
        observed_at=event.at,
        event=event,
    )


def _subject_label(subject: Subject, roster: Roster) -> str:
    account = subject.account
    who = roster.trader(account.trader).name if account else None
    if account is not None and account.competition:
        who = f"{who} @{account.competition}"
    return " ".join(part for part in (who, subject.coin, subject.feed) if part) or "arena"


def format_value(value: float, unit: Unit) -> str:
    """A figure with its unit, short enough for a line."""
    match unit:
        case "usd":
            sign, size = "-" if value < 0 else "", abs(value)
            return f"{sign}${size:,.2f}" if size >= 1 else f"{sign}${size:.6g}"
        case "pct":
            return f"{value:.2f}%"
        case "multiple":
            return f"{value:.2f}x"
        case "seconds":
            return f"{value:,.0f}s"
        case "count" | "coins":
            return f"{value:,.15g}"
