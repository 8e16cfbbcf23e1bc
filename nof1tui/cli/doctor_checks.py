"""The checks of `doctor` for terminal, folders and clocks: findings, each with a fix."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nof1tui.tui.terminal.requirements import (
    describe_unusable_size,
    describe_unusable_type,
    read_cursor_address,
)

if TYPE_CHECKING:
    from nof1tui.collector.delivery.spool_folders import SpoolUsage

FindingState = Literal["ok", "warning", "fault", "skipped"]

MIN_TERMINAL_SIZE = (80, 24)
"""Columns and rows; below them the monitor leaves columns out."""
LOW_DISK_BYTES = 512 * 2**20
_MAX_SKEW_S = 30.0
"""Seconds; ages on the screen are wrong by the skew."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `do` is how to fix it."""

    check: str
    state: FindingState
    found: str
    do: str | None = None


@dataclass(frozen=True, slots=True)
class TerminalInfo:
    """The terminal according to its environment."""

    size: tuple[int, int] | None
    """Columns and rows; None if stdout is not a terminal."""
    colors: str | None
    """Rich's name of the colour system; None for no colours."""
    supports_unicode: bool
    environ: Mapping[str, str]
    tmux: Callable[[str], str | None]
    """Value of a tmux option by its name; None if unknown."""
    cursor_address: Callable[[str], bytes | None] = read_cursor_address
    """The capability `cup` of a terminal type; raises LookupError for an unknown one."""


def check_terminal(terminal: TerminalInfo) -> list[Finding]:
    """Whether the terminal can show the monitor. Its type is checked even where stdout is not a terminal."""
    checks = [_type(terminal)]
    if terminal.size is None:
        do = "Run it in the terminal of the monitor."
        checks.append(Finding("terminal", "skipped", "stdout is not a terminal", do))
    else:
        checks += [_size(terminal.size), _colors(terminal), _charset(terminal), _clipboard(terminal)]
    return [finding for finding in checks if finding is not None]


def _type(terminal: TerminalInfo) -> Finding | None:
    """None for a usable type. A fault only on a terminal: a pipe or a service needs none."""
    unusable = describe_unusable_type(terminal.environ.get("TERM"), terminal.cursor_address)
    if unusable is None:
        return None
    return Finding("terminal type", "warning" if terminal.size is None else "fault", unusable)


def _size(size: tuple[int, int]) -> Finding:
    if unusable := describe_unusable_size(size):
        return Finding("size", "fault", unusable)
    found = f"{size[0]} columns, {size[1]} rows"
    if size[0] < MIN_TERMINAL_SIZE[0] or size[1] < MIN_TERMINAL_SIZE[1]:
        return Finding("size", "warning", found, "Columns are left out below 80×24: enlarge the window.")
    return Finding("size", "ok", found)


def _colors(terminal: TerminalInfo) -> Finding:
    environ, name = terminal.environ, terminal.environ.get("TERM", "")
    variables = f"TERM={name or 'unset'}, COLORTERM={environ.get('COLORTERM') or 'unset'}"
    if environ.get("NO_COLOR"):
        return Finding("colours", "ok", f"none, because of NO_COLOR ({variables})")
    match terminal.colors:
        case "truecolor":
            return Finding("colours", "ok", f"16 million ({variables})")
        case "256":
            do = "If the terminal has more, set COLORTERM=truecolor (over ssh: SendEnv)."
            return Finding("colours", "ok", f"256 ({variables})", do)
        case None:
            do = "Set TERM to the terminal's type, such as xterm-256color."
            return Finding("colours", "warning", f"none ({variables})", do)
        case _:
            do = "If the terminal has more than 16, set TERM=xterm-256color (in tmux: tmux-256color)."
            return Finding("colours", "warning", f"16 ({variables})", do)


def _charset(terminal: TerminalInfo) -> Finding:
    if terminal.supports_unicode:
        return Finding("characters", "ok", "UTF-8")
    return Finding(
        "characters",
        "warning",
        "not UTF-8: lines and charts are drawn in ASCII",
        "Set a UTF-8 locale, such as LANG=C.UTF-8; over ssh also on the remote host.",
    )


def _clipboard(terminal: TerminalInfo) -> Finding:
    if "TMUX" not in terminal.environ:
        return Finding(
            "clipboard",
            "ok",
            "y copies with OSC 52",
            "If the clipboard stays empty, allow OSC 52 in the terminal's settings.",
        )
    option = terminal.tmux("set-clipboard")
    if option == "on":
        return Finding("clipboard", "ok", "y copies with OSC 52, which tmux passes on")
    return Finding(
        "clipboard",
        "warning",
        f"tmux blocks clipboard copy (set-clipboard {option or 'unknown'})",
        "In ~/.tmux.conf: set -g set-clipboard on",
    )


def tmux_option(name: str) -> str | None:
    """The value of an option of the current tmux server; None if it is unknown."""
    tmux = shutil.which("tmux")
    if tmux is None:
        return None
    try:
        completed = subprocess.run(
            [tmux, "show", "-sv", name], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return completed.stdout.strip() or None


def check_folder(name: str, folder: Path, free_bytes: Callable[[Path], int]) -> Finding:
    """Whether the folder, or the parent it would be created in, is writable and has free space."""
    check = f"{name} folder"
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        do = f"Make {folder} writable, or set XDG_{name.upper()}_HOME to another folder."
        return Finding(check, "fault", f"{folder}: {existing} is not writable", do)
    free = free_bytes(existing)
    if free < LOW_DISK_BYTES:
        found = f"{folder}: {free / 2**20:,.0f} MB free"
        return Finding(
            check, "warning", found, f"Free space, or set XDG_{name.upper()}_HOME to another disk."
        )
    return Finding(check, "ok", f"{folder}: {free / 2**30:,.1f} GB free")


def check_clock(other: str, skew_s: float) -> Finding:
    """Whether the clocks agree; `skew_s` is how far the other clock is ahead of ours."""
    check = f"clock against {other}"
    if abs(skew_s) > _MAX_SKEW_S:
        found = f"ours is {abs(skew_s):,.0f} s {'behind' if skew_s > 0 else 'ahead'}"
        return Finding(check, "warning", found, "Let NTP set this machine's clock: timedatectl set-ntp true")
    return Finding(check, "ok", f"within {_MAX_SKEW_S:.0f} s")


def check_spool(usages: Iterable[SpoolUsage]) -> list[Finding]:
    """Records that wait for another store, and records that were set aside."""
    findings = list[Finding]()
    for usage in usages:
        if usage.rejected and usage.is_own:
            fix = "`nof1-tui db rejected` shows the reasons; then --write or --dismiss them."
            findings.append(Finding("rejected", "warning", f"{usage.rejected:,} records set aside", fix))
        if not usage.is_own:
            found = f"{usage.records + usage.rejected:,} records in {usage.folder} wait for "
            found += usage.store or "an unknown store"
            fix = f"If they belong to this store: `nof1-tui db spool --write {usage.folder}`."
            findings.append(Finding("spool", "warning", found, fix))
    return findings
