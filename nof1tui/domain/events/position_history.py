"""What became of a position while it was held: its P&L, its plan, its size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nof1tui.domain.records import Position
from nof1tui.domain.series.curve import TimeSeries

PositionVersion = tuple[datetime, Position]
"""A position as it was from a moment on; what moves with each poll (mark, P&L) is not part of it."""


@dataclass(frozen=True, slots=True)
class PositionHistory:
    """One open position from its entry up to a moment."""

    unrealized: TimeSeries = TimeSeries()
    """USD by time: few of the points, the last of each stretch."""
    versions: tuple[PositionVersion, ...] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class PositionChange:
    """What one version has otherwise than the one before it: names with the figures before and after."""

    at: datetime
    figures: tuple[tuple[str, float | None, float | None], ...] = ()
    """Of `quantity`, `leverage`, `stop`, `target`: those that differ."""
    invalidation: str | None = None
    """The new words, where they are others."""


def position_changes(versions: Iterable[PositionVersion]) -> tuple[PositionChange, ...]:
    """From version to version, oldest first; versions that differ in nothing of this are left out.

    What was not known before, as in a past that only fills tell (not even the leverage), has not changed.
    """
    found: list[PositionChange] = []
    before: Position | None = None
    for at, position in sorted(versions, key=lambda version: version[0]):
        if before is not None:
            pairs = zip(_figures(before), _figures(position), strict=True)
            blind = before.leverage is None
            figures = tuple(
                (name, old, new)
                for (name, old), (_, new) in pairs
                if old != new and not (blind and old is None)
            )
            words = _invalidation(position) if _invalidation(position) != _invalidation(before) else None
            if figures or words:
                found.append(PositionChange(at, figures, words))
        before = position
    return tuple(found)


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
