"""Delivers alerts to a command: run without a shell, the alert on stdin as JSON and in the environment.

No part of an alert becomes an argument, so that untrusted text cannot act as an option, a file or a
command.
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
"""Variables with this prefix may hold secrets: they are not passed on to the command."""
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
    """`ports.Notifier`: one run of the command for each alert."""

    def __init__(
        self, argv: Sequence[str], *, timeout_s: float, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._argv = tuple(argv)
        self._timeout_s = timeout_s
        self._environment = environment

    async def send(self, alert: Alert) -> None:
        """Run the command. Raises DeliveryFailed when it cannot be run, fails or takes too long."""
        name = ascii(self._argv[0])
        with _StderrReader() as stderr:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._argv,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=stderr.write_fd,
                    env=self._child_environment(alert),
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                raise DeliveryFailed(f"{name} cannot be run: {reason}") from error
            try:
                async with asyncio.timeout(self._timeout_s):
                    await _write_stdin(process, encode_alert(alert) + b"\n")
            except TimeoutError as error:
                raise DeliveryFailed(
                    f"{name} took longer than {self._timeout_s:g} s and was stopped"
                ) from error
            finally:
                _kill_process_group(process)
                await process.wait()
            if process.returncode:
                detail = stderr.text()
                raise DeliveryFailed(
                    f"{name} ended with exit code {process.returncode}{detail and ': '}{detail}"
                )

    def _child_environment(self, alert: Alert) -> dict[str, str]:
        """The inherited environment without `NOF1_` variables, and the alert as `NOF1_ALERT_` variables."""
        payload = build_alert_payload(alert)
        inherited = {
            name: value
            for name, value in self._environment.items()
            if not name.startswith(_ENVIRONMENT_PREFIX)
        }
        values = {name: payload[name] for name in _ENVIRONMENT_KEYS if payload[name] is not None}
        return inherited | {
            f"{_ENVIRONMENT_PREFIX}ALERT_{name.upper()}": str(value) for name, value in values.items()
        }


class _StderrReader:
    """Reads all of a command's stderr, so that it never blocks, and keeps the beginning.

    Uses its own pipe, because a process that the command leaves running may keep stderr open.
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
        """The beginning of stderr as one sanitised line."""
        self._read()
        return sanitise_line(self._captured.decode("utf-8", "replace"), 200)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while data := os.read(self._read_fd, 65_536):
                self._captured += data[: _MAX_STDERR_BYTES - len(self._captured)]


async def _write_stdin(process: asyncio.subprocess.Process, document: bytes) -> None:
    """Write the document and wait for the process to end."""
    if process.stdin is not None:
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(document)
            await process.stdin.drain()
        process.stdin.close()
    await process.wait()


def _kill_process_group(process: asyncio.subprocess.Process) -> None:
    """Kill the command and the processes it started, if it still runs."""
    with suppress(ProcessLookupError, PermissionError):
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
