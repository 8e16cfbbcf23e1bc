"""Stops the embedded server when the last of its clients is gone, however it went.

Run as a program of its own, detached, one for each start of the server, with the folder of the
locks and the server's data folder. Clients hold a shared lock that the kernel drops when they die,
so an exclusive one can be had only when nobody is left. It is started before the server: a client
that is killed while the server starts leaves nothing behind either. Standard library only, and as
little of it as possible: it lives as long as there are clients.
"""

import fcntl
import os
import signal
import sys
import time

START_LOCK, CLIENTS_LOCK = "postgres.start.lock", "postgres.clients.lock"
POLL_S = 1.0
LATE_START_S = 5.0
"""How long a start that was cut off may still bring up a server."""


def watch(home: str, data: str) -> None:
    start = os.open(os.path.join(home, START_LOCK), os.O_RDWR)
    clients = os.open(os.path.join(home, CLIENTS_LOCK), os.O_RDWR)
    while not _try_exclusive(clients):
        time.sleep(POLL_S)
    fcntl.flock(clients, fcntl.LOCK_UN)
    limit = time.monotonic() + LATE_START_S
    while time.monotonic() < limit:
        if _try_exclusive(start):
            alone = _try_exclusive(clients)
            if not alone or _stopped(data):
                return
            fcntl.flock(clients, fcntl.LOCK_UN)
            fcntl.flock(start, fcntl.LOCK_UN)
        time.sleep(POLL_S / 10)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stopped(data: str) -> bool:
    """Stop the server that works in this folder; False when there is none (yet)."""
    try:
        with open(os.path.join(data, "postmaster.pid")) as file:
            pid = int(file.readline())
        if not _works_in(pid, data):
            return False
        os.kill(pid, signal.SIGINT)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
    while _works_in(pid, data):
        time.sleep(0.05)
    return True


def _works_in(pid: int, data: str) -> bool:
    """Whether this is our server: its pid may have gone to another process."""
    try:
        os.kill(pid, 0)
        return not os.path.exists("/proc/self") or os.readlink(f"/proc/{pid}/cwd") == data
    except (ProcessLookupError, FileNotFoundError):
        return False


if __name__ == "__main__":
    watch(sys.argv[1], sys.argv[2])
