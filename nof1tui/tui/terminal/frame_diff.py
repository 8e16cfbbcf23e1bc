"""Sends only the cells that changed to the terminal.

Textual sends every cell of a refreshed region again, changed or not. Once installed, the last frame is
kept and only the cells that differ from it are sent, with as few cursor moves and colours as they need:
a tenth of the bytes on a busy board, none at all when nothing changed. This replaces one private method
of Textual 8 (`textual_internals.DISPLAY`); where that is not as expected, Textual sends as usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.geometry import Region

from nof1tui.tui.terminal.textual_internals import can_replace_display, replaced_display

if TYPE_CHECKING:
    from nof1tui.tui.terminal.frame_hook import CapturedFrame, FrameHook


def install(app: App[Any]) -> bool:
    """Send only differences from now on. Returns False, and changes nothing, where that is not possible.

    Not possible for inline and headless apps. Call it when the app runs.
    """
    if app.is_headless or app.is_inline or not can_replace_display(app):
        return False
    from nof1tui.tui.terminal.frame_hook import FrameHook

    FrameHook(app).install()
    return True


def capture_frame(app: App[Any], corner: Region) -> CapturedFrame | None:
    """What the terminal shows, with the corner that shows an age; None where Textual sends by itself."""
    hook = _hook(app)
    return None if hook is None else hook.capture(corner)


def repaint(app: App[Any]) -> None:
    """Send the whole screen again, for when the terminal may no longer show what was sent.

    Done automatically after a suspension and a change of size. An app calls this at every Resize event
    too: the terminal may have been smaller for a moment and have lost what did not fit.
    """
    hook = _hook(app)
    if hook is None:
        app.screen.refresh()
    else:
        hook.repaint()


def _hook(app: App[Any]) -> FrameHook | None:
    return getattr(replaced_display(app), "__self__", None)
