"""One PostgreSQL cluster on disk: made, started, stopped. Every call blocks; callers hold the lock."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from nof1tui.domain.text import plain_line
from nof1tui.ports import StoreRefused, StoreUnavailable
from nof1tui.store.binaries import ROOT_HOME, Binaries

USER = "nof1"
START_TIMEOUT_S = 300
"""Recovery after a crash may take minutes."""
ORPHANS_S = 10.0
"""After a kill -9 of the server its children need a moment to notice and to let go of the data."""
LONGEST_SOCKET_FOLDER = 90
"""A socket's path has 107 bytes; the file's own name takes 14."""
_LOG_KEPT_BYTES = 4 * 2**20

_SETTINGS = """
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


@dataclass(frozen=True, slots=True)
class Cluster:
    """Paths and identity of a cluster. `owner` runs it; the same as us unless we are root."""

    root: Path
    """Holds data, socket and log; 0700, the owner's."""
    binaries: Binaries
    owner: pwd.struct_passwd
    passfile: Path | None
    """Of a cluster whose owner is not us: where the password lies, in libpq's format."""

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def socket_folder(self) -> Path:
        """Beside the data, or where paths are short enough for a socket."""
        beside = self.root / "run"
        if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
            return beside
        name = f"nof1-{self.owner.pw_uid}-{sha256(os.fsencode(self.root)).hexdigest()[:12]}"
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        if runtime and len(runtime) < LONGEST_SOCKET_FOLDER - len(name):
            return Path(runtime) / name
        return Path(tempfile.gettempdir()) / name

    def url(self, database: str) -> str:
        """libpq URL over the socket; also fit for SQLAlchemy after its prefix is exchanged."""
        options = {"host": str(self.socket_folder), "user": USER}
        if self.passfile is not None:
            options["passfile"] = str(self.passfile)
        return f"postgresql:///{quote(database, safe='')}?{urlencode(options)}"

    def answers(self) -> bool:
        """Whether a connection can be made now."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def postmaster(self) -> int | None:
        """The pid of the running server; None when there is none, whatever the pid file says."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if _works_in(pid, self.data) else None

    def start(self, say: Callable[[str], None]) -> None:
        """Make the cluster if there is none, and start its server.

        Raises StoreRefused for data of another major version, StoreUnavailable when it does not start.
        """
        if not self.data.exists():
            say("making a new PostgreSQL store …")
            self._make()
        self._check_version()
        self._private_folder(self.socket_folder)
        if self.postmaster() is None:
            for stale in (self.data / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*")):
                stale.unlink(missing_ok=True)
        self._bound_log()
        say("starting PostgreSQL …")
        options = f"-c unix_socket_directories='{self.socket_folder}'"
        limit = time.monotonic() + ORPHANS_S
        while True:
            try:
                self._pg_ctl("start", "-w", "-t", str(START_TIMEOUT_S), "-l", str(self.log), "-o", options)
            except StoreUnavailable as error:
                if "shared memory" not in str(error) or time.monotonic() > limit:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """Stop the server if it runs; open transactions are rolled back."""
        if self.postmaster() is not None:
            self._pg_ctl("stop", "-w", "-t", "60", "-m", "fast")

    def _make(self) -> None:
        fresh = self.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        self._private_folder(self.root)
        auth = ["--auth=peer"]
        password_file = self.root / "initial.password"
        try:
            if self.passfile is not None:
                password = secrets.token_urlsafe(32)
                _write_private(self.passfile, f"*:*:*:{USER}:{password}\n")
                _write_private(password_file, password)
                os.chown(password_file, self.owner.pw_uid, self.owner.pw_gid)
                auth = ["--auth=scram-sha-256", f"--pwfile={password_file}"]
            command = [
                *("initdb", "-D", str(fresh), "-U", USER, *auth, "--encoding=UTF8", "--locale=C"),
                *("--data-checksums", "--no-instructions"),
            ]
            self._run(command)
        finally:
            password_file.unlink(missing_ok=True)
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        if self.passfile is None:
            (fresh / "pg_hba.conf").write_text("local all all peer map=owner\n")
            (fresh / "pg_ident.conf").write_text(f"owner {self.owner.pw_name} {USER}\n")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise StoreRefused(f"{self.data} is no PostgreSQL data folder: {error.strerror}") from error
        if found != str(self.binaries.major):
            raise StoreRefused(
                f"the store in {self.data} was written by PostgreSQL {found}, this program brings "
                f"{self.binaries.major}. Nothing was changed. Take it along with two commands:\n"
                f"NOF1_PG_BIN=<programs of PostgreSQL {found}> nof1-tui db export store.nof1\n"
                f"mv {self.root} {self.root}.{found} && nof1-tui db restore store.nof1"
            )

    def _private_folder(self, folder: Path) -> None:
        """Make a folder 0700 of the owner's; refuse one that is somebody else's."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.lstat()
        if folder.is_symlink() or facts.st_uid not in (os.geteuid(), self.owner.pw_uid):
            raise StoreRefused(f"{folder} belongs to somebody else; remove it or set XDG_RUNTIME_DIR")
        if facts.st_uid != self.owner.pw_uid:
            os.chown(folder, self.owner.pw_uid, self.owner.pw_gid)
        folder.chmod(0o700)

    def _bound_log(self) -> None:
        try:
            if self.log.stat().st_size > _LOG_KEPT_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
        except FileNotFoundError:
            return

    def _pg_ctl(self, *arguments: str) -> None:
        self._run(["pg_ctl", arguments[0], "-D", str(self.data), "-s", *arguments[1:]])

    def _run(self, command: Sequence[str]) -> None:
        """Run one of PostgreSQL's programs as the owner, away from our terminal and its signals."""
        other: dict[str, object] = {}
        if self.owner.pw_uid != os.geteuid():
            other = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        environment = {"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC", "HOME": "/"}
        done = subprocess.run(  # type: ignore[call-overload]
            [str(self.binaries.directory / command[0]), *command[1:]],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            **other,
        )
        if done.returncode != 0:
            raise StoreUnavailable(self._why(command[0], done.stdout))

    def _why(self, program: str, output: bytes) -> str:
        """A full disk in plain words; else the telling line of what PostgreSQL said."""
        free = shutil.disk_usage(self.root).free
        if free < LEAST_FREE_BYTES:
            return f"the disk of {self.root} is full ({free // 2**20} MB are free): make room and try again"
        said = output.decode("utf-8", "replace")
        if self.log.exists():
            said += self.log.read_bytes()[-4096:].decode("utf-8", "replace")
        lines = [line for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if any(w in line for w in ("FATAL", "PANIC", "error:", "No space"))]
        last = plain_line((telling or lines or ["no reason given"])[-1], 300)
        return f"PostgreSQL ({program}) failed: {last} (log: {self.log})"


LEAST_FREE_BYTES = 40 * 2**20
"""PostgreSQL needs room for its log of changes before it can start."""


def _works_in(pid: int, folder: Path) -> bool:
    """Whether this process is alive and has the folder as its working directory."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except PermissionError:
        return False


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def locate(home: Path, binaries: Binaries, owner: pwd.struct_passwd) -> Cluster:
    """The cluster that belongs to this data home; chosen anew when there is none yet.

    Root's cluster lies outside the home, where its owner can reach it; a pointer file in the home
    says where, so that every data home has a cluster of its own.
    """
    if owner.pw_uid == os.geteuid():
        return Cluster(home / "postgres", binaries, owner, None)
    pointer = home / "postgres.location"
    try:
        root = Path(pointer.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        ROOT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        root = ROOT_HOME / secrets.token_hex(6)
        _write_private(pointer, f"{root}\n")
    return Cluster(root, binaries, owner, home / "postgres.password")
