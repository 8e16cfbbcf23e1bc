"""Terminal sequences of alerts: the bell, and notifications by OSC 9 and OSC 777.

OSC 9 is understood by iTerm2, Windows Terminal, WezTerm, kitty and ghostty; OSC 777 by rxvt-unicode,
foot, WezTerm, ghostty and VTE. tmux drops both unless they are wrapped and `allow-passthrough` is on.
"""

from __future__ import annotations

from nof1tui.domain.alerts.alert import Channel
from nof1tui.domain.sanitisation import sanitise_line

_BELL = "\x07"
_TITLE = "nof1-tui"
_MAX_LENGTH = 200
"""Characters of a notification."""


def notification_sequence(channel: Channel, text: str, *, in_tmux: bool = False) -> str:
    """The sequence for the terminal; empty for channels outside the terminal."""
    message = sanitise_line(text, _MAX_LENGTH)
    match channel:
        case "bell":
            return _BELL
        case "osc9":
            return _wrapped(f"\x1b]9;{message}{_BELL}", in_tmux)
        case "osc777":
            return _wrapped(f"\x1b]777;notify;{_TITLE};{message.replace(';', ',')}{_BELL}", in_tmux)
        case _:
            return ""


def _wrapped(sequence: str, in_tmux: bool) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\" if in_tmux else sequence
