"""A command of the user's: run without a shell, the alert on stdin as JSON and in the environment.

Nothing of an alert ever becomes an argument, so that no text from outside can be taken for an option,
a file or a command.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from nof1tui.domain.alert import Alert
from nof1tui.domain.text import plain_line
from nof1tui.ports import WayFailed
from nof1tui.ways.document import as_bytes, document

OURS = "NOF1_"
"""Variables with this prefix may be secrets of ours: the command does not see them."""
TOLD = (
    "id",
    "at",
    "rule",
    "words",
    "text",
    "trader",
    "coin",
    "feed",
    "metric",
    "value",
    "threshold",
    "event",
)
MOST_ERROR_BYTES = 2_000
LINGER_S = 0.2
"""What the command left running may keep its stderr open."""


class CommandWay:
    """`ports.AlertWay`: one run of the command for each alert."""

    def __init__(
        self, argv: Sequence[str], *, timeout_s: float, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._argv = tuple(argv)
        self._timeout_s = timeout_s
        self._environment = environment

    async def send(self, alert: Alert) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=self._told(alert),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            told = getattr(error, "strerror", None) or error
            raise WayFailed(f"{self._argv[0]!a} cannot be run: {told}") from error
        try:
            async with asyncio.timeout(self._timeout_s):
                said = await _run(process, as_bytes(alert))
        except TimeoutError as error:
            raise WayFailed(
                f"{self._argv[0]!a} took longer than {self._timeout_s:g} s and was ended"
            ) from error
        finally:
            _end(process)
            await process.wait()
        if process.returncode:
            because = f": {said}" if said else ""
            raise WayFailed(f"{self._argv[0]!a} ended with exit code {process.returncode}{because}")

    def _told(self, alert: Alert) -> dict[str, str]:
        """The environment of the command: ours without our settings, and the alert."""
        told = document(alert)
        inherited = {name: value for name, value in self._environment.items() if not name.startswith(OURS)}
        facts = {name: told[name] for name in TOLD if told[name] is not None}
        return inherited | {f"{OURS}ALERT_{name.upper()}": str(value) for name, value in facts.items()}


async def _run(process: asyncio.subprocess.Process, document: bytes) -> str:
    """Feed it, wait for its end, and return what it said on stderr."""
    said = bytearray()
    reading = asyncio.create_task(_read(process.stderr, said))
    try:
        if process.stdin is not None:
            with suppress(BrokenPipeError, ConnectionResetError):
                process.stdin.write(document + b"\n")
                await process.stdin.drain()
            process.stdin.close()
        await process.wait()
        await asyncio.wait({reading}, timeout=LINGER_S)
    finally:
        reading.cancel()
    return plain_line(said.decode("utf-8", "replace"), 200)


async def _read(stream: asyncio.StreamReader | None, said: bytearray) -> None:
    """All of it, so that nobody waits for a full pipe; only the beginning is kept."""
    while stream is not None and (data := await stream.read(65_536)):
        said += data[: MOST_ERROR_BYTES - len(said)]


def _end(process: asyncio.subprocess.Process) -> None:
    """The command with all it started, where any of it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
