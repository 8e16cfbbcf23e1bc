"""Recorded responses: files of a layout that record, replay and import share.

DIR/<YYYY-MM-DDTHHMMSSZ>/<endpoint>[.<query>].json[.gz]
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import Batch
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.decoder import endpoint_of, made_at, parse

MOMENT_FORMAT = "%Y-%m-%dT%H%M%SZ"
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")
MAX_FILE_BYTES = 256 * 1024 * 1024

NOT_STORED = {
    "leaderboard": "upstream's leaderboard is stale; the ranking is computed from account rows",
    "positions": "the endpoint is deprecated and carries nothing",
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded response body, not read yet."""

    path: Path
    moment: datetime | None
    """When it was captured, by its folder's name."""

    @property
    def name(self) -> str:
        """The endpoint as the file's name has it."""
        return self.path.name.split(".", 1)[0]

    def read(self) -> bytes:
        """The body. Raises OSError, also for a damaged or oversized file."""
        if self.path.suffix == ".gz":
            try:
                with gzip.open(self.path) as file:
                    body = file.read(MAX_FILE_BYTES + 1)
            except (EOFError, zlib.error) as error:
                raise OSError(f"damaged gzip file: {error}") from error
        else:
            with self.path.open("rb") as file:
                body = file.read(MAX_FILE_BYTES + 1)
        if len(body) > MAX_FILE_BYTES:
            raise OSError(f"larger than {MAX_FILE_BYTES // 2**20} MB")
        return body


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that holds nothing for the store, and why."""

    path: Path
    reason: str


def recordings(paths: Iterable[Path]) -> list[Recording]:
    """Every `.json` and `.json.gz` file under these paths, oldest capture first.

    Raises FileNotFoundError for a path that does not exist.
    """
    found: dict[Path, Recording] = {}
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(path)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and (file.name.endswith((".json", ".json.gz")) or file == path):
                found.setdefault(file.resolve(), Recording(file, moment_of(file)))
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(found.values(), key=lambda item: (item.moment or first, str(item.path)))


def moment_of(file: Path) -> datetime | None:
    """The capture moment in the name of the nearest folder that has one."""
    for folder in file.absolute().parents:
        if _MOMENT.fullmatch(folder.name):
            return datetime.strptime(folder.name, MOMENT_FORMAT).replace(tzinfo=UTC)
    return None


def read_recording(recording: Recording, roster: Roster) -> Batch | Skipped:
    """Decode a recorded body by the decoder that runs live.

    `fetched_at` is the capture moment; without one upstream's `serverTime`, else the file's time.
    """
    try:
        body = recording.read()
        changed_at = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC)
    except OSError as error:
        return Skipped(recording.path, f"cannot be read: {error}")
    try:
        endpoint = endpoint_of(body)
        if endpoint is None:
            reason = NOT_STORED.get(recording.name.split("-")[0], "not a response that carries records")
            return Skipped(recording.path, reason)
        fetched_at = recording.moment or made_at(body) or changed_at
        batch = parse(
            endpoint, body, fetched_at=fetched_at, roster=roster, judge=PlausibilityFilter(roster.capital)
        )
    except SourceMalformed as error:
        return Skipped(recording.path, f"not a response of this API: {error}")
    return batch


def group_by_moment(items: Iterable[Recording]) -> Iterator[tuple[datetime, list[Recording]]]:
    """Recordings with a moment, moment by moment."""
    groups: dict[datetime, list[Recording]] = {}
    for item in items:
        if item.moment is not None:
            groups.setdefault(item.moment, []).append(item)
    yield from sorted(groups.items())
