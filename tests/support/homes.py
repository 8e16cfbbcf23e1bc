"""Data homes that are copies of one another: a cluster is copied in a tenth of the time it is made in."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from nof1tui.store.embedded.cluster import PASSFILE, POINTER, pointed_to, write_private


def copy_home(made: Path, home: Path) -> None:
    """Give a data home that is not there yet a cluster like that of another, whose server must not run."""
    home.mkdir(mode=0o700, parents=True)
    original = pointed_to(made)
    if original is None:
        original, root = made / "postgres", home / "postgres"
    else:
        root = original.with_name(secrets.token_hex(6))
        write_private(home / POINTER, f"{root}\n")
        write_private(home / PASSFILE, (made / PASSFILE).read_text("utf-8"))
    subprocess.run(["cp", "-a", original, root], check=True)
