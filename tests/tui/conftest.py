"""Screen tests mostly wait for an app to come to rest: here it rests, and is looked at, sooner."""

from __future__ import annotations

from hypothesis import settings
from textual import _wait
from textual import screen as textual_screen

FRAMES_A_SECOND, LOOKS_A_SECOND = 500, 100

textual_screen.UPDATE_PERIOD = 1 / FRAMES_A_SECOND  # type: ignore[misc]
_wait.SLEEP_GRANULARITY = 1 / LOOKS_A_SECOND
_wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 10
"""So much work between two looks is none."""

settings.register_profile("screens", deadline=None)
settings.load_profile("screens")
