"""Spool folders: each belongs to a database, however the URL is spelled by which it is reached.

spool/<database>/store.json     name of the database, and the URLs by which it was reached
spool/<URL>/                    of a database that was never reached, and of version 0.1
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nof1tui.collector.delivery.rejected_file import RejectedFile
from nof1tui.collector.delivery.spool_segment import read_headers

SPOOL_SUFFIX = ".spool"
STORE_FILE = "store.json"


@dataclass(frozen=True, slots=True)
class SpoolUsage:
    """What one spool folder holds."""

    folder: Path
    store: str | None
    """Host and name of its database; None if unknown."""
    is_own: bool
    """Whether it belongs to the database of this URL."""
    records: int
    """Records that are not stored yet."""
    rejected: int
    """Records that were set aside."""


@dataclass(frozen=True, slots=True)
class SpoolFolders:
    """The spool folders of one user, seen from the URL of one database."""

    root: Path
    url_fingerprint: str
    """Distinguishes URLs without their secrets."""

    @property
    def current(self) -> Path:
        """The folder of the database that was last reached by this URL, else one for the URL."""
        for folder in self._folders():
            if self.url_fingerprint in _read_store_file(folder).get("urls", ()):
                return folder
        return self.root / self.url_fingerprint

    def bind(self, identity: str | None, label: str) -> tuple[Path, ...]:
        """The folders of the database with this identity, its own first. Raises OSError.

        A folder of the URL that was never bound is taken for the database's: then it is the one that
        was meant. Without an identity only the URL's folder is used.
        """
        if identity is None:
            return (self.root / self.url_fingerprint,)
        own = self.root / identity
        for folder in self._folders():
            known = _read_store_file(folder)
            if folder != own and self.url_fingerprint in known.get("urls", ()):
                urls = [url for url in known["urls"] if url != self.url_fingerprint]
                _write_store_file(folder, {**known, "urls": urls})
        known = _read_store_file(own)
        urls = sorted({*known.get("urls", ()), self.url_fingerprint})
        if known != (wanted := {"store": label, "urls": urls}):
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_store_file(own, wanted)
        unbound = self.root / self.url_fingerprint
        return (own, unbound) if unbound.is_dir() and not _read_store_file(unbound) else (own,)

    def usages(self) -> Sequence[SpoolUsage]:
        """Folders with records, the current one first. Raises OSError."""
        current = self.current
        folders = [current, *(folder for folder in self._folders() if folder != current)]
        usages = [
            SpoolUsage(
                folder,
                _read_store_file(folder).get("store"),
                folder == current or folder.name == self.url_fingerprint,
                sum(header.record_count for path in _segments(folder) for header in read_headers(path)),
                RejectedFile(folder).record_count,
            )
            for folder in folders
        ]
        return [usage for usage in usages if usage.records or usage.rejected]

    def _folders(self) -> list[Path]:
        return sorted(path for path in self.root.iterdir() if path.is_dir()) if self.root.is_dir() else []


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SPOOL_SUFFIX}"))


def _read_store_file(folder: Path) -> dict[str, Any]:
    """The store file of a folder; empty where it is missing or damaged."""
    try:
        known = json.loads((folder / STORE_FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write_store_file(folder: Path, known: dict[str, Any]) -> None:
    temporary = folder / f"{STORE_FILE}.{os.getpid()}"
    temporary.write_text(json.dumps(known), "utf-8")
    temporary.replace(folder / STORE_FILE)
