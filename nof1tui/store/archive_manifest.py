"""The manifest of a store archive: what the file has, and whether this program can read it."""

from __future__ import annotations

import zipfile
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from nof1tui.ports.errors import StoreUnusable

ARCHIVE_FORMAT = 1
MANIFEST_FILE = "manifest.json"
MAX_MANIFEST_BYTES = 8 * 2**20
"""Twenty years of monthly partitions take 40 kB."""


class ArchivedTable(Struct, frozen=True):
    """Columns, row count and checksum of a table in an archive."""

    columns: tuple[str, ...]
    rows: Annotated[int, Meta(ge=0)]
    sha256: str
    """Hex digest of the uncompressed text."""


class ArchiveManifest(Struct, frozen=True):
    """Contents of an archive's `manifest.json`."""

    revision: str
    written_at: str
    """ISO 8601, UTC."""
    program: str
    server: str
    tables: dict[str, ArchivedTable] = {}
    partitions: dict[str, tuple[str, str]] = {}
    """Parent table and bounds of each monthly partition, by its name."""
    format: int = ARCHIVE_FORMAT

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(part.rows for part in self.tables.values())


class _ArchiveFormat(Struct, frozen=True):
    """The member of a manifest that every format has."""

    format: int


def read_manifest(archive: zipfile.ZipFile) -> ArchiveManifest:
    """The archive's manifest. Raises StoreUnusable for a damaged or newer one."""
    try:
        with archive.open(MANIFEST_FILE) as member:
            text = member.read(MAX_MANIFEST_BYTES + 1)
        if len(text) > MAX_MANIFEST_BYTES:
            raise StoreUnusable(f"the archive's {MANIFEST_FILE} is larger than {MAX_MANIFEST_BYTES:,} bytes")
        if msgspec.json.decode(text, type=_ArchiveFormat).format > ARCHIVE_FORMAT:
            raise StoreUnusable("the archive was written by a newer version: update nof1-tui")
        return msgspec.json.decode(text, type=ArchiveManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError) as error:
        raise StoreUnusable(f"the archive's {MANIFEST_FILE} cannot be read: {error}") from error
    except RecursionError:
        raise StoreUnusable(
            f"the archive's {MANIFEST_FILE} cannot be read: it is nested too deeply"
        ) from None
