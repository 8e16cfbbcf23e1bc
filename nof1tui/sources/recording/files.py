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

from nof1tui.domain.batch import Batch
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.endpoints import detect_endpoint, read_server_time

CAPTURE_TIME_FORMAT = "%Y-%m-%dT%H%M%SZ"
_CAPTURE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")
_MAX_RECORDING_BYTES = 256 * 1024 * 1024

_UNSTORED_ENDPOINTS = {
    "leaderboard": "upstream's leaderboard is stale; the ranking is computed from account rows",
    "positions": "the endpoint is deprecated and carries nothing",
}


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded response body, not read yet."""

    path: Path
    captured_at: datetime | None
    """When it was captured, by its folder's name."""

    @property
    def endpoint(self) -> str:
        """The endpoint as the file's name has it."""
        return self.path.name.split(".", 1)[0]

    def read(self) -> bytes:
        """The body. Raises OSError, also for a damaged or oversized file."""
        if self.path.suffix == ".gz":
            try:
                with gzip.open(self.path) as file:
                    body = file.read(_MAX_RECORDING_BYTES + 1)
            except (EOFError, zlib.error) as error:
                raise OSError(f"damaged gzip file: {error}") from error
        else:
            with self.path.open("rb") as file:
                body = file.read(_MAX_RECORDING_BYTES + 1)
        if len(body) > _MAX_RECORDING_BYTES:
            raise OSError(f"larger than {_MAX_RECORDING_BYTES // 2**20} MB")
        return body


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that holds nothing for the store, and why."""

    path: Path
    reason: str


def find_recordings(paths: Iterable[Path]) -> list[Recording]:
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
                found.setdefault(file.resolve(), Recording(file, capture_time(file)))
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(found.values(), key=lambda item: (item.captured_at or first, str(item.path)))


def capture_time(file: Path) -> datetime | None:
    """The capture moment in the name of the nearest folder that has one."""
    for folder in file.absolute().parents:
        if _CAPTURE_TIME.fullmatch(folder.name):
            return datetime.strptime(folder.name, CAPTURE_TIME_FORMAT).replace(tzinfo=UTC)
    return None


def read_recording(recording: Recording, roster: Roster) -> Batch | SkippedFile:
    """Decode a recorded body by the decoder that runs live.

    `fetched_at` is the capture moment; without one upstream's `serverTime`, else the file's time.
    """
    try:
        body = recording.read()
        changed_at = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC)
    except OSError as error:
        return SkippedFile(recording.path, f"cannot be read: {error}")
    try:
        endpoint = detect_endpoint(body)
        if endpoint is None:
            reason = _UNSTORED_ENDPOINTS.get(
                recording.endpoint.split("-")[0], "not a response that carries records"
            )
            return SkippedFile(recording.path, reason)
        fetched_at = recording.captured_at or read_server_time(body) or changed_at
        batch = decode_body(
            endpoint,
            body,
            fetched_at=fetched_at,
            roster=roster,
            plausibility=PlausibilityFilter(roster.capital),
        )
    except SourceMalformed as error:
        return SkippedFile(recording.path, f"not a response of this API: {error}")
    return batch


def group_by_capture_time(items: Iterable[Recording]) -> Iterator[tuple[datetime, list[Recording]]]:
    """Recordings with a moment, moment by moment."""
    groups: dict[datetime, list[Recording]] = {}
    for item in items:
        if item.captured_at is not None:
            groups.setdefault(item.captured_at, []).append(item)
    yield from sorted(groups.items())
