"""Stops the embedded server when the last of its clients is gone, however it went.

Run as a program of its own, detached, one for each started server, with the folder of the locks
the server's pid and its data folder. Clients hold a shared lock that the kernel drops when
they die, so an exclusive one can be had only when nobody is left. Standard library only, and as
little of it as possible: it lives as long as the server.
"""

import fcntl
import os
import signal
import sys
import time

START_LOCK, CLIENTS_LOCK = "postgres.start.lock", "postgres.clients.lock"
POLL_S = 1.0


def watch(home: str, pid: int, data: str) -> None:
    clients = os.open(os.path.join(home, CLIENTS_LOCK), os.O_RDWR)
    while _alive(pid, data):
        if not _try_exclusive(clients):
            time.sleep(POLL_S)
            continue
        fcntl.flock(clients, fcntl.LOCK_UN)
        start = os.open(os.path.join(home, START_LOCK), os.O_RDWR)
        try:
            fcntl.flock(start, fcntl.LOCK_EX)
            if _try_exclusive(clients):
                _stop(pid, data)
                return
        finally:
            os.close(start)


def _try_exclusive(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(pid: int, data: str) -> None:
    if _alive(pid, data):
        os.kill(pid, signal.SIGINT)
    while _alive(pid, data):
        time.sleep(0.05)


def _alive(pid: int, data: str) -> bool:
    """Whether this is still our server: its pid may have gone to another process."""
    try:
        os.kill(pid, 0)
        return not os.path.exists("/proc/self") or os.readlink(f"/proc/{pid}/cwd") == data
    except (ProcessLookupError, FileNotFoundError):
        return False


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]), sys.argv[3])
