"""Data homes that are copies of one another: a cluster is copied in a tenth of the time it is made in."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from nof1tui.store.embedded.cluster import (
    HOME_FILE,
    LOCATION_FILE,
    PASSWORD_FILE,
    read_location,
    write_private_file,
)


def copy_home(made: Path, home: Path) -> None:
    """Give a data home that is not there yet a cluster like that of another, whose server must not run."""
    home.mkdir(mode=0o700, parents=True)
    original = read_location(made)
    if original is None:
        original, root = made / "postgres", home / "postgres"
    else:
        root = original.with_name(secrets.token_hex(6))
        write_private_file(home / LOCATION_FILE, f"{root}\n")
        write_private_file(home / PASSWORD_FILE, (made / PASSWORD_FILE).read_text("utf-8"))
    subprocess.run(["cp", "-a", original, root], check=True)
    if (root / HOME_FILE).exists():
        (root / HOME_FILE).write_text(f"{home}\n")
