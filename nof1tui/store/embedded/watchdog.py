"""Stops the embedded server when the last of its clients is gone, however it went.

Run as a program of its own, detached, one for each start of the server, with the folder of the
locks and the server's data folder. Clients hold a shared lock that the kernel drops when they die,
so an exclusive one can be had only when nobody is left. It is started before the server: a client
that is killed while the server starts leaves nothing behind either. Standard library only, and as
little of it as possible: it lives as long as there are clients. One at a time: it holds a lock of its own.
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
"""How long a start that was cut off may still bring up a server."""


def is_watched(home: str) -> bool:
    """Whether a watchdog is at work."""
    watching = os.open(os.path.join(home, WATCH_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not _try_exclusive(watching)
    finally:
        os.close(watching)


def run_watchdog(home: str, data: str) -> None:
    """Wait until no client is left, stop the server, and go; all under the lock of starting.

    So whoever starts or adopts a server afterwards sees that nobody watches, and starts another.
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
    """Who only looks whether there is a watchdog holds its lock for a moment: that is no reason to go."""
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
    """Stop the server that works in this folder; False when there is none (yet)."""
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
    """Whether this is our server: its pid may have gone to another process."""
    try:
        os.kill(pid, 0)
        return not os.path.exists("/proc/self") or os.readlink(f"/proc/{pid}/cwd") == data
    except (ProcessLookupError, FileNotFoundError):
        return False


if __name__ == "__main__":
    run_watchdog(sys.argv[1], sys.argv[2])
