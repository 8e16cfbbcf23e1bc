"""Initialises a cluster, starts and stops its server. Calls block; callers hold the start lock."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import StoreUnavailable, StoreUnusable
from nof1tui.store.embedded import shared_memory
from nof1tui.store.embedded.cluster import (
    HOME_FILE,
    POSTGRES_USER,
    Cluster,
    write_private_file,
)

START_TIMEOUT_S = 300
"""Recovery after a crash may take minutes."""
ORPHAN_GRACE_S = 10.0
"""Seconds that children of a server killed by SIGKILL need to notice and release the data."""
MIN_FREE_BYTES = 40 * 2**20
"""PostgreSQL needs space for its write-ahead log before it can start."""
_SET_OPTION_MAJOR_VERSION = 16
"""First version whose initdb accepts settings (`-c`)."""
_MAX_LOG_BYTES = 4 * 2**20
_ERROR_MARKERS = ("FATAL", "PANIC", "error:", "No space")
_DISK_FULL_MARKERS = ("No space left on device", "Disk quota exceeded")

_POSTGRES_SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 64
shared_buffers = 128MB
jit = off
wal_compression = on
max_wal_size = 1GB
log_min_messages = warning
log_line_prefix = '%m [%p] '
timezone = 'UTC'
log_timezone = 'UTC'
"""

OnProgress = Callable[[str], None]


def start_server(cluster: Cluster, on_progress: OnProgress) -> None:
    """Initialise the cluster if it does not exist, and start its server or wait for one that is starting.

    Raises StoreUnusable for data of another version or owner, StoreUnavailable where the server does not
    start, OSError where its folders are not writable.
    """
    make_private_folder(cluster, cluster.root)
    with _server_start_lock(cluster, on_progress) as lock:
        if lock is None:
            return
        if not cluster.data_folder.exists():
            on_progress("creating a PostgreSQL store …")
            _initialise(cluster)
        cluster.check_version()
        make_private_folder(cluster, cluster.data_folder)
        make_private_folder(cluster, cluster.socket_folder, linked=False)
        for stale in (cluster.data_folder / "postmaster.pid", *cluster.socket_folder.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)
        _record_home(cluster)
        _rotate_log(cluster)
        on_progress("starting PostgreSQL …")
        socket_option = f"unix_socket_directories={cluster.socket_folder}"
        options = " ".join(("-c", socket_option, *shared_memory.server_options()))
        arguments = ("start", "-s", "-w", "-t", str(START_TIMEOUT_S), "-o", options)
        # pg_ctl passes paths to a shell: relative ones have no special characters
        paths = ("-D", cluster.data_folder.name, "-l", cluster.log_file.name)
        _run_program(cluster, ["pg_ctl", *arguments, *paths], folder=cluster.root, inherited=(lock,))


def stop_server(cluster: Cluster) -> None:
    """Stop the server if it runs; open transactions are rolled back. Raises StoreUnavailable."""
    if cluster.read_postmaster_pid() is not None:
        arguments = ("stop", "-s", "-w", "-t", "60", "-m", "fast")
        _run_program(cluster, ["pg_ctl", *arguments, "-D", str(cluster.data_folder)])
    if cluster.socket_folder.parent != cluster.root.resolve():
        with suppress(OSError):
            cluster.socket_folder.rmdir()


def make_private_folder(cluster: Cluster, folder: Path, *, linked: bool = True) -> None:
    """Create a folder with mode 0700 for the cluster's owner. Raises StoreUnusable for another user's folder.

    `linked`: whether it may be a symbolic link; not where other users can create links.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status, owner = folder.stat(follow_symlinks=linked), cluster.owner
    if stat.S_ISLNK(status.st_mode) or status.st_uid not in (os.geteuid(), owner.pw_uid):
        raise StoreUnusable(
            f"{folder} belongs to {user_name(status.st_uid)}, but PostgreSQL runs as {owner.pw_name}. "
            f"Nothing was changed. Change the folder's owner to {owner.pw_name}, set NOF1_PG_OS_USER if you "
            "are root, or set XDG_DATA_HOME to another folder"
        )
    if status.st_uid != owner.pw_uid:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


@contextmanager
def _server_start_lock(cluster: Cluster, on_progress: OnProgress) -> Iterator[int | None]:
    """The descriptor of a lock that the started server inherits; None where a server runs already.

    The kernel releases it with the last process of the server. Unlike the pid file it is right after a
    SIGKILL, in containers that share a folder, and when the pid was reused by another process.
    """
    lock = os.open(cluster.server_lock_file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        started_at, announced = time.monotonic(), False
        while not _try_exclusive(lock) or cluster.read_postmaster_pid() is not None:
            if (reason := cluster.connection_error()) is None:
                yield None
                return
            waited_s = time.monotonic() - started_at
            pid = cluster.read_postmaster_pid()
            if waited_s > (START_TIMEOUT_S if "the database system is" in reason else ORPHAN_GRACE_S):
                process = f"PostgreSQL (process {pid})" if pid else "a child of a killed PostgreSQL"
                raise StoreUnavailable(
                    f"{process} still uses {cluster.data_folder} but does not respond: {reason}. "
                    "Stop it, or wait and retry"
                )
            if waited_s > 1 and not announced:
                announced = True
                on_progress("waiting for PostgreSQL to respond …")
            time.sleep(0.05)
        yield lock
    finally:
        os.close(lock)


def _try_exclusive(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _initialise(cluster: Cluster) -> None:
    """Initialise under another name and rename: a cluster exists completely or not at all.

    The name is new each time: the initdb of a client that was killed may still write to the last one.
    """
    for stale in cluster.root.glob("data.new*"):
        shutil.rmtree(stale, ignore_errors=True)
    staging = cluster.data_folder.with_name(f"data.new-{secrets.token_hex(4)}")
    auth = ["--auth=peer"]
    password_file = cluster.root / "initial.password"
    try:
        if cluster.passfile is not None:
            write_private_file(password_file, _read_or_create_password(cluster.passfile))
            os.chown(password_file, cluster.owner.pw_uid, cluster.owner.pw_gid)
            auth = ["--auth=scram-sha-256", f"--pwfile={password_file}"]
        options = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions"]
        if cluster.binaries.major >= _SET_OPTION_MAJOR_VERSION:
            options += shared_memory.server_options()
        _run_program(cluster, ["initdb", "-D", str(staging), "-U", POSTGRES_USER, *auth, *options])
        _configure(cluster, staging)
        staging.rename(cluster.data_folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    finally:
        password_file.unlink(missing_ok=True)


def _read_or_create_password(passfile: Path) -> str:
    """The password of this home, created on first use and kept: a cluster moved aside must stay readable."""
    try:
        return passfile.read_text(encoding="utf-8").strip().rsplit(":", 1)[1]
    except (FileNotFoundError, IndexError):
        password = secrets.token_urlsafe(32)
        write_private_file(passfile, f"*:*:*:{POSTGRES_USER}:{password}\n")
        return password


def _configure(cluster: Cluster, data: Path) -> None:
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_POSTGRES_SETTINGS)
    if cluster.passfile is None:
        (data / "pg_hba.conf").write_text("local all all peer map=owner\n")
        (data / "pg_ident.conf").write_text(f'owner "{cluster.owner.pw_name}" {POSTGRES_USER}\n')


def _record_home(cluster: Cluster) -> None:
    """Note the data home in a cluster outside it, so that an orphaned cluster can be recognised."""
    if cluster.passfile is not None:
        write_private_file(cluster.root / HOME_FILE, f"{cluster.passfile.parent}\n")


def _rotate_log(cluster: Cluster) -> None:
    with suppress(FileNotFoundError):
        if cluster.log_file.stat().st_size > _MAX_LOG_BYTES:
            cluster.log_file.replace(cluster.log_file.with_suffix(".log.1"))


def _run_program(
    cluster: Cluster, command: Sequence[str], *, folder: Path = Path("/"), inherited: tuple[int, ...] = ()
) -> None:
    """Run one of PostgreSQL's programs as the owner, detached from this terminal and environment.

    Raises StoreUnavailable where it fails.
    """
    owner_options: dict[str, object] = {}
    if cluster.owner.pw_uid != os.geteuid():
        owner_options = {"user": cluster.owner.pw_uid, "group": cluster.owner.pw_gid, "extra_groups": []}
    log_offset = cluster.log_file.stat().st_size if cluster.log_file.exists() else 0
    result = subprocess.run(  # type: ignore[call-overload]
        [str(cluster.binaries.directory / command[0]), *command[1:]],
        env={"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC", "HOME": "/"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        umask=0o077,
        pass_fds=inherited,
        **owner_options,
    )
    if result.returncode != 0:
        raise StoreUnavailable(_failure_reason(cluster, command[0], result.stdout, log_offset))


def _failure_reason(cluster: Cluster, program: str, output: bytes, log_offset: int = 0) -> str:
    """A full disk or /dev/shm, or the last error line of the output and of the log since `log_offset`."""
    text = output.decode("utf-8", "replace")
    with suppress(FileNotFoundError), cluster.log_file.open("rb") as log:
        log.seek(max(log_offset, cluster.log_file.stat().st_size - 4096))
        text += log.read().decode("utf-8", "replace")
    if shortage := shared_memory.describe_shortage(text):
        return shortage
    free = shutil.disk_usage(cluster.root).free
    if free < MIN_FREE_BYTES or any(marker in text for marker in _DISK_FULL_MARKERS):
        return f"the disk of {cluster.root} is full ({free // 2**20} MB free): free space and retry"
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if any(marker in line for marker in _ERROR_MARKERS)]
    last = sanitise_line((errors or lines or ["no output"])[-1], 300)
    return f"PostgreSQL ({program}) failed: {last} (log: {cluster.log_file})"
