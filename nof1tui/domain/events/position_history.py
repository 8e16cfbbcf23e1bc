"""History of an open position: its P&L, its plan, its size."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from nof1tui.domain.records import Position
from nof1tui.domain.series.curve import TimeSeries

PositionVersion = tuple[datetime, Position]
"""A position from a time on; mark and P&L, which change with each poll, do not make a new version."""


class PositionHistory(Struct, frozen=True):
    """One open position from its entry up to some time."""

    unrealized: TimeSeries = TimeSeries()
    """Unrealised P&L, USD, by time; downsampled to the last point of each interval."""
    versions: tuple[PositionVersion, ...] = ()
    """Oldest first."""


class PositionChange(Struct, frozen=True):
    """Differences of one version from the one before it."""

    at: datetime
    figures: tuple[tuple[str, float | None, float | None], ...] = ()
    """Name, old and new value of those of `quantity`, `leverage`, `stop` and `target` that differ."""
    invalidation: str | None = None
    """The new invalidation, if it differs."""


def position_changes(versions: Iterable[PositionVersion]) -> tuple[PositionChange, ...]:
    """Changes from version to version, oldest first; equal versions are left out.

    A value that was unknown in a version made from fills (which has no leverage) has not changed.
    """
    changes: list[PositionChange] = []
    before: Position | None = None
    for at, position in sorted(versions, key=lambda version: version[0]):
        if before is not None:
            pairs = zip(_figures(before), _figures(position), strict=True)
            from_fills = before.leverage is None
            figures = tuple(
                (name, old, new)
                for (name, old), (_, new) in pairs
                if old != new and not (from_fills and old is None)
            )
            invalidation = _invalidation(position)
            invalidation = None if invalidation == _invalidation(before) else invalidation
            if figures or invalidation:
                changes.append(PositionChange(at, figures, invalidation))
        before = position
    return tuple(changes)


def _figures(position: Position) -> tuple[tuple[str, float | None], ...]:
    plan = position.exit_plan
    return (
        ("quantity", position.quantity),
        ("leverage", position.leverage),
        ("stop", plan.stop_loss if plan else None),
        ("target", plan.profit_target if plan else None),
    )


def _invalidation(position: Position) -> str | None:
    return position.exit_plan.invalidation if position.exit_plan else None
