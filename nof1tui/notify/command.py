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

from nof1tui.domain.alerts.alert import Alert
from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.notify.payload import build_alert_payload, encode_alert
from nof1tui.ports.errors import DeliveryFailed

_ENVIRONMENT_PREFIX = "NOF1_"
"""Variables with this prefix may be secrets of ours: the command does not see them."""
_ENVIRONMENT_KEYS = (
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
_MAX_STDERR_BYTES = 2_000


class CommandNotifier:
    """`ports.AlertWay`: one run of the command for each alert."""

    def __init__(
        self, argv: Sequence[str], *, timeout_s: float, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._argv = tuple(argv)
        self._timeout_s = timeout_s
        self._environment = environment

    async def send(self, alert: Alert) -> None:
        name = ascii(self._argv[0])
        with _StderrReader() as said:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._argv,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=said.write_fd,
                    env=self._child_environment(alert),
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                told = getattr(error, "strerror", None) or error
                raise DeliveryFailed(f"{name} cannot be run: {told}") from error
            try:
                async with asyncio.timeout(self._timeout_s):
                    await _write_stdin(process, encode_alert(alert) + b"\n")
            except TimeoutError as error:
                raise DeliveryFailed(
                    f"{name} took longer than {self._timeout_s:g} s and was ended"
                ) from error
            finally:
                _kill_process_group(process)
                await process.wait()
            if process.returncode:
                because = said.text()
                raise DeliveryFailed(
                    f"{name} ended with exit code {process.returncode}{because and ': '}{because}"
                )

    def _child_environment(self, alert: Alert) -> dict[str, str]:
        """The environment of the command: ours without our settings, and the alert."""
        told = build_alert_payload(alert)
        inherited = {
            name: value
            for name, value in self._environment.items()
            if not name.startswith(_ENVIRONMENT_PREFIX)
        }
        facts = {name: told[name] for name in _ENVIRONMENT_KEYS if told[name] is not None}
        return inherited | {
            f"{_ENVIRONMENT_PREFIX}ALERT_{name.upper()}": str(value) for name, value in facts.items()
        }


class _StderrReader:
    """What a command says on stderr: all of it is read, so that it never waits, the beginning is kept.

    A pipe of our own, because what the command left running may keep it open for ever.
    """

    def __init__(self) -> None:
        self._captured = bytearray()

    def __enter__(self) -> _StderrReader:
        self._read_fd, self.write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        asyncio.get_running_loop().add_reader(self._read_fd, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._read_fd)
        os.close(self._read_fd)
        os.close(self.write_fd)

    def text(self) -> str:
        self._read()
        return sanitise_line(self._captured.decode("utf-8", "replace"), 200)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while data := os.read(self._read_fd, 65_536):
                self._captured += data[: _MAX_STDERR_BYTES - len(self._captured)]


async def _write_stdin(process: asyncio.subprocess.Process, document: bytes) -> None:
    """Give it the document and wait for its end."""
    if process.stdin is not None:
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(document)
            await process.stdin.drain()
        process.stdin.close()
    await process.wait()


def _kill_process_group(process: asyncio.subprocess.Process) -> None:
    """The command with all it started, where any of it is still there."""
    with suppress(ProcessLookupError, PermissionError):
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
