"""The private parts of Textual that tests and benchmarks use, beyond those of the program.

`PARTS` names each with the object and the attributes it must have, so that one test finds what moved.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.color import ColorSystem
from textual import _wait
from textual import screen as textual_screen
from textual._context import visible_screen_stack
from textual.app import App
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.notifications import Notification
from textual.screen import Screen
from textual.strip import Strip


class Internal(NamedTuple):
    """A private part, where it is, and what it is used for."""

    owner: Any
    name: str
    purpose: str


PARTS = (
    Internal(_wait, "SLEEP_GRANULARITY", "checks more often whether an app is idle"),
    Internal(_wait, "SLEEP_IDLE", "counts less work as idle"),
    Internal(textual_screen, "UPDATE_PERIOD", "paints more often"),
    Internal(visible_screen_stack, "set", "renders screens below the top one"),
    Internal(App, "_background_screens", "renders screens below the top one"),
    Internal(App, "_resume_signal", "resumes an app as after a suspension"),
    Internal(App, "_press_keys", "presses keys without a terminal"),
    Internal(DOMNode, "_merge_bindings", "lists the keys of a widget class"),
)
"""Parts of modules and classes. Attributes of instances are used by the functions below."""


def speed_up_waiting(frames_a_second: int, checks_a_second: int) -> None:
    """Paint at this rate, and check at this rate whether an app is idle."""
    textual_screen.UPDATE_PERIOD = 1 / frames_a_second  # type: ignore[misc]
    _wait.SLEEP_GRANULARITY = 1 / checks_a_second
    _wait.SLEEP_IDLE = _wait.SLEEP_GRANULARITY / 10


def is_painted(screen: Screen[Any]) -> bool:
    """Whether a screen has nothing left to lay out or to paint."""
    waits = screen._layout_required or screen._repaint_required or screen._dirty_widgets
    return not waits and not screen._compositor._dirty_regions


def has_dirty_regions(screen: Screen[Any]) -> bool:
    """Whether parts of a screen are still to be painted."""
    return bool(screen._compositor._dirty_regions)


def rendered_lines(screen: Screen[Any]) -> list[Strip]:
    """The lines that a screen shows."""
    return screen._compositor.render_strips()


def full_frame(app: App[Any]) -> str:
    """The bytes that Textual sends to draw the whole screen."""
    visible_screen_stack.set(app._background_screens)
    return app.screen._compositor.render_full_update().render_segments(app.console)


def use_truecolor(app: App[Any]) -> None:
    """Have the app use 24-bit colours whatever the terminal is."""
    app.console._color_system = ColorSystem.TRUECOLOR


def use_synchronised_output(app: App[Any]) -> None:
    """Have the app bracket its frames, as on a terminal that reported synchronised output."""
    app._sync_available = True


def resume(app: App[Any]) -> None:
    """Resume the app as after a suspension."""
    app._resume_signal()


def notifications(app: App[Any]) -> list[Notification]:
    """The toasts that the app shows."""
    return list(app._notifications)


def merged_bindings(widget: type[DOMNode]) -> BindingsMap:
    """The keys of a widget class, those of its bases included."""
    return widget._merge_bindings()


async def press(app: App[Any], key: str) -> None:
    """Press a key in a running app."""
    await app._press_keys([key])
