"""Watchdog process: stops the embedded server after its last client has exited or was killed.

Runs detached, with the folder of the lock files and the server's data folder as arguments. Clients hold
a shared lock that the kernel releases when they die, so an exclusive lock succeeds only without clients.
It starts before the server, so a client killed during the start leaves no server behind. One watchdog
per data home, ensured by a lock file. It imports little of the standard library to stay small.
"""

import fcntl
import os
import signal
import sys
import time

START_LOCK, CLIENTS_LOCK, WATCH_LOCK = (
    "postgres.start.lock",
    "postgres.clients.lock",
    "postgres.watch.lock",
)
_POLL_S = 1.0
_LOCK_TRIES = 5
_LATE_START_S = 5.0
"""Seconds in which an interrupted start may still bring up a server."""


def is_watched(home: str) -> bool:
    """Whether a watchdog runs for this data home."""
    watching = os.open(os.path.join(home, WATCH_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not _try_exclusive(watching)
    finally:
        os.close(watching)


def run_watchdog(home: str, data: str) -> None:
    """Wait until no client is left, then stop the server and return, under the start lock.

    A client that starts or adopts a server afterwards finds no watchdog and starts one.
    """
    watching = os.open(os.path.join(home, WATCH_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    start = os.open(os.path.join(home, START_LOCK), os.O_RDWR)
    clients = os.open(os.path.join(home, CLIENTS_LOCK), os.O_RDWR)
    if not _acquire_watch_lock(watching):
        return
    limit = None
    while True:
        if not _try_exclusive(clients):
            limit = None
            time.sleep(_POLL_S)
            continue
        fcntl.flock(clients, fcntl.LOCK_UN)
        limit = limit or time.monotonic() + _LATE_START_S
        if _try_exclusive(start):
            if _try_exclusive(clients) and (_stop_server(data) or time.monotonic() > limit):
                os.close(watching)
                return
            fcntl.flock(clients, fcntl.LOCK_UN)
            fcntl.flock(start, fcntl.LOCK_UN)
        time.sleep(_POLL_S / 10)


def _acquire_watch_lock(watching: int) -> bool:
    """Whether the lock was acquired; retried because `is_watched` holds it for a moment."""
    for _ in range(_LOCK_TRIES):
        if _try_exclusive(watching):
            return True
        time.sleep(_POLL_S / 20)
    return False


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop_server(data: str) -> bool:
    """Stop the server of this data folder; False where none runs (yet)."""
    try:
        with open(os.path.join(data, "postmaster.pid")) as file:
            pid = int(file.readline())
        if not _is_running_in(pid, data):
            return False
        os.kill(pid, signal.SIGINT)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
    while _is_running_in(pid, data):
        time.sleep(0.05)
    return True


def _is_running_in(pid: int, data: str) -> bool:
    """Whether this pid is the folder's server: the pid may have been reused by another process."""
    try:
        os.kill(pid, 0)
        return not os.path.exists("/proc/self") or os.readlink(f"/proc/{pid}/cwd") == data
    except (ProcessLookupError, FileNotFoundError):
        return False


if __name__ == "__main__":
    run_watchdog(sys.argv[1], sys.argv[2])
