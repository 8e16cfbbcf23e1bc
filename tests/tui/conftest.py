"""Faster screen tests: apps paint, and are checked for being idle, more often than usual."""

from __future__ import annotations

from hypothesis import settings

from tests.support.textual_internals import speed_up_waiting

FRAMES_A_SECOND, CHECKS_A_SECOND = 500, 100

speed_up_waiting(FRAMES_A_SECOND, CHECKS_A_SECOND)

settings.register_profile("screens", deadline=None)
settings.load_profile("screens")
