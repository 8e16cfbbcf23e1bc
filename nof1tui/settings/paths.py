"""Directories for configuration, data, state and cache."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from nof1tui.settings.base import APPLICATION, SettingsError


@dataclass(frozen=True, slots=True)
class Folders:
    """Where files lie: the XDG variables count on every system, else what is usual there."""

    config: Path
    data: Path
    state: Path
    cache: Path

    @classmethod
    def of_environment(cls) -> Folders:
        return cls(
            config=_folder("XDG_CONFIG_HOME", platformdirs.user_config_path),
            data=_folder("XDG_DATA_HOME", platformdirs.user_data_path),
            state=_folder("XDG_STATE_HOME", platformdirs.user_state_path),
            cache=_folder("XDG_CACHE_HOME", platformdirs.user_cache_path),
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"


def _folder(variable: str, usual: Any) -> Path:
    told = os.environ.get(variable, "")
    if Path(told).is_absolute():
        return Path(told) / APPLICATION
    return Path(usual(APPLICATION, appauthor=False))


def _absolute(folder: Path, variable: str) -> Path:
    if not folder.is_absolute():
        raise SettingsError(f"there is no home folder to keep files in: set HOME or {variable}")
    return folder
