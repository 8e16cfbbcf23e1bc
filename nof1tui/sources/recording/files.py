"""Recorded responses: the file layout shared by recording, replay and import.

DIR/<YYYY-MM-DDTHHMMSSZ>/<endpoint>[.<query>].json[.gz]
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nof1tui.domain.batch import Batch
from nof1tui.domain.board import Board
from nof1tui.domain.plausibility import PlausibilityFilter
from nof1tui.domain.records import AccountKey
from nof1tui.domain.roster import Roster
from nof1tui.ports.errors import SourceMalformed
from nof1tui.sources.decoding.envelopes import is_bare_list
from nof1tui.sources.decoding.timestamps import EARLIEST_S
from nof1tui.sources.nof1.decoder import decode_body
from nof1tui.sources.nof1.endpoints import detect_endpoint, endpoint_of_name, read_server_time
from nof1tui.sources.nof1.identities import IdentityRegister

CAPTURE_TIME_FORMAT = "%Y-%m-%dT%H%M%SZ"
_CAPTURE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z")
_MAX_RECORDING_BYTES = 256 * 1024 * 1024

_UNSTORED_ENDPOINTS = {
    "leaderboard": "upstream's leaderboard is stale; the ranking is computed from account rows",
    "positions": "the endpoint is deprecated and has no data",
}


@dataclass(frozen=True, slots=True)
class Recording:
    """A file with one recorded response body."""

    path: Path
    captured_at: datetime | None
    """Capture time, from the name of its directory; None without one."""

    @property
    def endpoint(self) -> str:
        """The endpoint in the file's name."""
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
    """A file without records for the store, and the reason."""

    path: Path
    reason: str


def find_recordings(paths: Iterable[Path]) -> list[Recording]:
    """Every `.json` and `.json.gz` file under these paths, oldest capture first.

    Raises FileNotFoundError for a path that does not exist.
    """
    recordings: dict[Path, Recording] = {}
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(path)
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and (file.name.endswith((".json", ".json.gz")) or file == path):
                recordings.setdefault(file.resolve(), Recording(file, capture_time(file)))
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(recordings.values(), key=lambda item: (item.captured_at or first, str(item.path)))


def capture_time(file: Path) -> datetime | None:
    """The capture time in the name of the nearest parent directory that has one; None without."""
    for folder in file.absolute().parents:
        if _CAPTURE_TIME.fullmatch(folder.name):
            return datetime.strptime(folder.name, CAPTURE_TIME_FORMAT).replace(tzinfo=UTC)
    return None


@dataclass
class RecordingReader:
    """Decodes recordings one after the other, by the rules of live answers.

    Account rows are compared with those of earlier files, as a running collector compares them.
    """

    roster: Roster
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    identities: IdentityRegister = field(default_factory=IdentityRegister)
    _capitals: dict[AccountKey, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plausibility = PlausibilityFilter(self._capital)

    def seed(self, board: Board) -> None:
        """Take over what a store has: account rows to compare with, capitals, and the owners of ids."""
        self.plausibility.seed(board.accounts)
        self._capitals |= board.ranking_basis.capitals
        self.identities.seed_from(board)

    def read(self, recording: Recording) -> Batch | SkippedFile:
        """The records of a recorded body, or the reason to skip the file.

        `fetched_at`, which records must not be ahead of, is the capture time, else the body's `serverTime`,
        else the time at which the file was changed.
        """
        try:
            body = recording.read()
            changed_at = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC)
        except OSError as error:
            return SkippedFile(recording.path, f"cannot be read: {error}")
        try:
            batch = self._decode(recording, body, changed_at)
        except SourceMalformed as error:
            return SkippedFile(recording.path, f"not a response of this API: {error}")
        if batch is None:
            reason = _UNSTORED_ENDPOINTS.get(recording.endpoint.split("-")[0], "not a response with records")
            return SkippedFile(recording.path, reason)
        for inception in batch.inceptions:
            if inception.capital_usd is not None:
                self._capitals[inception.account] = inception.capital_usd
        return batch

    def _decode(self, recording: Recording, body: bytes, changed_at: datetime) -> Batch | None:
        """The records of a body; None for one of an endpoint without records. Raises SourceMalformed."""
        bare = is_bare_list(body)
        endpoint = (None if bare else detect_endpoint(body)) or endpoint_of_name(recording.endpoint)
        if endpoint is None:
            return None
        now = self.clock()
        # Archives that keep no times give a file one from long before the first coin.
        dated = changed_at if changed_at.timestamp() >= EARLIEST_S else now
        made_at = None if bare else read_server_time(body)
        return decode_body(
            endpoint,
            body,
            fetched_at=min(recording.captured_at or made_at or dated, now),
            roster=self.roster,
            plausibility=self.plausibility,
            clock_ahead=timedelta(),
            identities=self.identities,
        )

    def _capital(self, account: AccountKey) -> float | None:
        return self._capitals.get(account, self.roster.capital(account))


def read_recording(recording: Recording, roster: Roster) -> Batch | SkippedFile:
    """The records of one recorded body, or the reason to skip the file."""
    return RecordingReader(roster).read(recording)


def group_by_capture_time(items: Iterable[Recording]) -> Iterator[tuple[datetime, list[Recording]]]:
    """Recordings by capture time, oldest first; those without one are left out."""
    groups: dict[datetime, list[Recording]] = {}
    for item in items:
        if item.captured_at is not None:
            groups.setdefault(item.captured_at, []).append(item)
    yield from sorted(groups.items())
