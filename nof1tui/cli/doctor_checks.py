"""What `doctor` checks of terminal, folders and clocks: each finding with what to do about it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FindingState = Literal["ok", "warning", "fault", "skipped"]

MIN_TERMINAL_SIZE = (80, 24)
"""Columns and rows below which the monitor leaves things out."""
LOW_DISK_BYTES = 512 * 2**20
_MAX_SKEW_S = 30.0
"""Ages on the screen are off by as much."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `do` is what a person can do about it."""

    check: str
    state: FindingState
    found: str
    do: str | None = None


@dataclass(frozen=True, slots=True)
class TerminalInfo:
    """What is known of the terminal without asking it."""

    size: tuple[int, int] | None
    """Columns and rows; None where output goes elsewhere."""
    colors: str | None
    """Rich's word for it; None is none."""
    supports_unicode: bool
    environ: Mapping[str, str]
    tmux: Callable[[str], str | None]
    """Value of an option of tmux; None where it cannot be told."""


def check_terminal(terminal: TerminalInfo) -> list[Finding]:
    if terminal.size is None:
        return [Finding("terminal", "skipped", "the output is no terminal", "Run it where the monitor runs.")]
    checks = (_size(terminal.size), _colors(terminal), _charset(terminal), _clipboard(terminal))
    return [finding for finding in checks if finding is not None]


def _size(size: tuple[int, int]) -> Finding:
    found = f"{size[0]} columns, {size[1]} rows"
    if size[0] < MIN_TERMINAL_SIZE[0] or size[1] < MIN_TERMINAL_SIZE[1]:
        return Finding("size", "warning", found, "Below 80×24 columns are left out: enlarge the window.")
    return Finding("size", "ok", found)


def _colors(terminal: TerminalInfo) -> Finding:
    environ, name = terminal.environ, terminal.environ.get("TERM", "")
    told = f"TERM={name or 'unset'}, COLORTERM={environ.get('COLORTERM') or 'unset'}"
    if environ.get("NO_COLOR"):
        return Finding("colours", "ok", f"none, as NO_COLOR asks for ({told})")
    match terminal.colors:
        case "truecolor":
            return Finding("colours", "ok", f"16 million ({told})")
        case "256":
            do = "If the terminal can do more, set COLORTERM=truecolor (ssh passes it on with SendEnv)."
            return Finding("colours", "ok", f"256 ({told})", do)
        case None:
            do = "Set TERM to what the terminal is, such as xterm-256color."
            return Finding("colours", "warning", f"none ({told})", do)
        case _:
            do = "Set TERM=xterm-256color (in tmux: tmux-256color) if the terminal can do more than 16."
            return Finding("colours", "warning", f"16 ({told})", do)


def _charset(terminal: TerminalInfo) -> Finding:
    if terminal.supports_unicode:
        return Finding("characters", "ok", "UTF-8")
    return Finding(
        "characters",
        "warning",
        "not all of UTF-8: lines and charts are drawn with simpler signs",
        "Set a UTF-8 locale, such as LANG=C.UTF-8, also on the far side of ssh.",
    )


def _clipboard(terminal: TerminalInfo) -> Finding:
    if "TMUX" not in terminal.environ:
        return Finding(
            "clipboard",
            "ok",
            "y copies by OSC 52",
            "If nothing arrives, allow OSC 52 in the terminal's settings.",
        )
    option = terminal.tmux("set-clipboard")
    if option == "on":
        return Finding("clipboard", "ok", "y copies by OSC 52, which tmux hands on")
    return Finding(
        "clipboard",
        "warning",
        f"tmux keeps what y copies to itself (set-clipboard {option or 'unknown'})",
        "In ~/.tmux.conf: set -g set-clipboard on",
    )


def tmux_option(name: str) -> str | None:
    """An option of the tmux server we are in."""
    tmux = shutil.which("tmux")
    if tmux is None:
        return None
    try:
        said = subprocess.run(
            [tmux, "show", "-sv", name], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.stdout.strip() or None


def check_folder(name: str, folder: Path, free_bytes: Callable[[Path], int]) -> Finding:
    """Whether files can be kept there, or where it would be made."""
    check = f"{name} folder"
    there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        do = f"Make {folder} writable, or set XDG_{name.upper()}_HOME to another place."
        return Finding(check, "fault", f"{folder}: {there} cannot be written", do)
    free = free_bytes(there)
    if free < LOW_DISK_BYTES:
        found = f"{folder}: {free / 2**20:,.0f} MB are free"
        return Finding(check, "warning", found, f"Make room, or set XDG_{name.upper()}_HOME to another disk.")
    return Finding(check, "ok", f"{folder}: {free / 2**30:,.1f} GB are free")


def check_clock(whose: str, skew_s: float) -> Finding:
    """`skew_s` is how far the other's clock is ahead of ours."""
    check = f"clock against {whose}"
    if abs(skew_s) > _MAX_SKEW_S:
        found = f"ours is {abs(skew_s):,.0f} s {'behind' if skew_s > 0 else 'ahead'}"
        return Finding(check, "warning", found, "Let NTP set this machine's clock: timedatectl set-ntp true")
    return Finding(check, "ok", f"within {_MAX_SKEW_S:.0f} s")
