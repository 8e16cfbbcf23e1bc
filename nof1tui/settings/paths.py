"""Directories for configuration, data, state and cache."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from nof1tui.settings.base import APP_NAME, SettingsError


@dataclass(frozen=True, slots=True)
class UserDirectories:
    """Where files lie: the XDG variables count on every system, else what is usual there."""

    config: Path
    data: Path
    state: Path
    cache: Path

    @classmethod
    def from_environment(cls) -> UserDirectories:
        return cls(
            config=_user_directory("XDG_CONFIG_HOME", platformdirs.user_config_path),
            data=_user_directory("XDG_DATA_HOME", platformdirs.user_data_path),
            state=_user_directory("XDG_STATE_HOME", platformdirs.user_state_path),
            cache=_user_directory("XDG_CACHE_HOME", platformdirs.user_cache_path),
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"


def _user_directory(variable: str, usual: Any) -> Path:
    told = os.environ.get(variable, "")
    if Path(told).is_absolute():
        return Path(told) / APP_NAME
    return Path(usual(APP_NAME, appauthor=False))


def require_absolute(folder: Path, variable: str) -> Path:
    if not folder.is_absolute():
        raise SettingsError(f"there is no home folder to keep files in: set HOME or {variable}")
    return folder
