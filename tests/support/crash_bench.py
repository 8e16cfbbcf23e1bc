"""For crash tests: a collector as a process, and a proxy of the database that can be disconnected."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent


class Collector:
    def __init__(self, env: dict[str, str], rows: int, first_price: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "crash_collector.py"), str(rows), str(first_price)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.strip())

    @property
    def prices(self) -> list[int]:
        return [int(line.split()[1]) for line in list(self.lines) if line.startswith("price ")]

    @property
    def waiting(self) -> list[int]:
        """Numbers of queued records, each time they changed."""
        return [int(line.split()[1]) for line in list(self.lines) if line.startswith("db! ")]

    def until(self, line: str, timeout_s: float = 30.0) -> bool:
        """Whether it printed this line before it ended."""
        end = time.monotonic() + timeout_s
        while line not in self.lines:
            if self.process.poll() is not None:
                self._reader.join()
                return line in self.lines
            assert time.monotonic() < end, self.lines[-3:]
            time.sleep(0.01)
        return True

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def terminate(self) -> float:
        """Seconds it took to end after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        self.end()
        return time.monotonic() - started

    def end(self) -> None:
        self.process.wait(20)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Wire:
    """A Unix socket in front of the database. Cut: connections fail. Silent: no data passes."""

    def __init__(self, folder: Path, behind: str) -> None:
        self._path = folder / ".s.PGSQL.5432"
        self._behind = behind
        self._listener: socket.socket | None = None
        self._open: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()

    def silence(self) -> None:
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()
        if self._listener is not None:
            return
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        self._path.unlink(missing_ok=True)
        for connection in (self._listener, *self._open):
            if connection is not None:
                _shut(connection)
        self._open.clear()
        self._listener = None
        self._flows.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                front, _ = listener.accept()
                back = socket.socket(socket.AF_UNIX)
                back.connect(self._behind)
            except OSError:
                return
            self._open += [front, back]
            for source, target in ((front, back), (back, front)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._flows.wait()
                target.sendall(data)
        _shut(target)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def until(condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
