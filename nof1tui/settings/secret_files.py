"""Files that have secrets: written for their owner only; those that others may read are found."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

from nof1tui.settings.base import DOTENV, ENV_PREFIX, dotenv_names
from nof1tui.settings.paths import UserDirectories

SECRET_SETTINGS = (
    "database_url",
    "database_direct_url",
    "database_read_url",
    "db_password",
    "proxy",
    "alert_webhook",
)
"""Settings whose values are secrets, or may have one in them."""


def write_secret_file(path: Path, text: str) -> None:
    """Write a file with mode 0600, whatever the umask and the mode of a file that is replaced.

    Raises OSError.
    """
    path = path.resolve()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def find_exposed_files() -> list[Path]:
    """The config file and `.env`, if they have a secret and every user of the machine may read them."""
    config, dotenv = UserDirectories.from_environment().config_file, Path(DOTENV)
    variables = {(ENV_PREFIX + name).upper() for name in SECRET_SETTINGS}
    with_secrets = [
        path
        for path, has_secret in ((config, _has_secret(config)), (dotenv, bool(variables & dotenv_names())))
        if has_secret
    ]
    return [path for path in with_secrets if path.stat().st_mode & stat.S_IROTH]


def describe_exposed_file(path: Path) -> str:
    """A warning in one line that says how to end it."""
    return f"{path} has a secret and every user of this machine may read it: chmod 600 {path}"


def _has_secret(config: Path) -> bool:
    try:
        values = tomllib.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return any(values.get(name) for name in SECRET_SETTINGS)
