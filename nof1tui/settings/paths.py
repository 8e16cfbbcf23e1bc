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
    """The program's folders: those of the XDG variables on every system, else the system's defaults."""

    config: Path
    data: Path
    state: Path
    cache: Path

    @classmethod
    def from_environment(cls) -> UserDirectories:
        """The folders according to the environment."""
        return cls(
            config=_user_directory("XDG_CONFIG_HOME", platformdirs.user_config_path),
            data=_user_directory("XDG_DATA_HOME", platformdirs.user_data_path),
            state=_user_directory("XDG_STATE_HOME", platformdirs.user_state_path),
            cache=_user_directory("XDG_CACHE_HOME", platformdirs.user_cache_path),
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"


def _user_directory(variable: str, default: Any) -> Path:
    """A relative path for a user without a home folder."""
    folder = os.environ.get(variable, "")
    if Path(folder).is_absolute():
        return Path(folder) / APP_NAME
    try:
        return Path(default(APP_NAME, appauthor=False))
    except RuntimeError:
        return Path("~", APP_NAME)


def require_absolute(folder: Path, variable: str) -> Path:
    """The folder. Raises SettingsError for a relative one, which means that HOME is not set."""
    if not folder.is_absolute():
        raise SettingsError(f"no folder for the program's files: set HOME or {variable}")
    return folder
