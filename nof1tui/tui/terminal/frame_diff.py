"""Only what changed reaches the wire.

Textual sends every cell of a refreshed region again, equal or not. Once installed, the last frame is
kept and only the cells that differ from it are sent, with as few moves and colours as they need: a
tenth of the bytes on a busy board, none at all when nothing changed. That stands in for one private
method of Textual 8; where it is not as expected, all stays as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.geometry import Region

if TYPE_CHECKING:
    from nof1tui.tui.terminal.frame_hook import CapturedFrame, FrameHook


def install(app: App[Any]) -> bool:
    """Send differences from now on. False, and nothing is changed, where that is not possible.

    Not for inline and headless apps. Call it once the app runs.
    """
    if app.is_headless or app.is_inline:
        return False
    try:
        from nof1tui.tui.terminal.frame_hook import FrameHook, is_supported
    except ImportError:
        return False
    if not is_supported(app):
        return False
    FrameHook(app).install()
    return True


def capture_frame(app: App[Any], corner: Region) -> CapturedFrame | None:
    """What the terminal shows, with the corner that tells an age; None where Textual paints alone."""
    hook = _hook(app)
    return None if hook is None else hook.capture(corner)


def repaint(app: App[Any]) -> None:
    """Send the whole screen again, for when the terminal may no longer show what was sent.

    Coming back from a suspension and a change of size are seen to; an app should call this at every
    Resize event, as the terminal may have been smaller for a moment and have lost what did not fit.
    """
    hook = _hook(app)
    if hook is None:
        app.screen.refresh()
    else:
        hook.repaint()


def _hook(app: App[Any]) -> FrameHook | None:
    return getattr(vars(app).get("_display"), "__self__", None)
