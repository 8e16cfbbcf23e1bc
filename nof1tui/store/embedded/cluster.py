"""A PostgreSQL cluster on disk: its folders, its owner, its URL."""

from __future__ import annotations

import os
import pwd
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg.pq import Conninfo

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import StoreUnusable
from nof1tui.store.embedded.binaries import ROOT_DATA_HOME, Binaries

POSTGRES_USER = "nof1"
SOCKET_PORT = 5432
"""Part of the socket's name. Always passed: without it libpq uses PGPORT."""
MAX_SOCKET_FOLDER_BYTES = 90
"""A socket's path has at most 107 bytes; its file name takes 14."""
SHORT_SOCKET_ROOT = Path("/tmp")  # noqa: S108 the folder is 0700 and its owner is checked
"""Parent of socket folders whose path would be too long. The same for all instances of a user;
TMPDIR and XDG_RUNTIME_DIR differ between a login and a service, and the latter is deleted at logout."""
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+=~-]+")
"""A path without characters special to a shell, PostgreSQL's list of folders or libpq's list of hosts."""
LOCATION_FILE, PASSWORD_FILE = "postgres.location", "postgres.password"
HOME_FILE = "home"
"""In a cluster outside its data home: the path of that home."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Paths and owner of a cluster. The owner runs the server: the current user, or another one for root."""

    root: Path
    """Folder of data, socket and log; mode 0700, owned by `owner`."""
    binaries: Binaries
    owner: pwd.struct_passwd
    passfile: Path | None
    """Password file in libpq's format, where the owner is another user."""

    @property
    def data_folder(self) -> Path:
        return self.root / "data"

    @property
    def log_file(self) -> Path:
        return self.root / "server.log"

    @property
    def server_lock_file(self) -> Path:
        """Locked by every process of the server for its lifetime."""
        return self.root / "server.lock"

    @property
    def socket_folder(self) -> Path:
        """Beside the data; under SHORT_SOCKET_ROOT where that path is too long or has special characters."""
        root = self.root.resolve()
        beside = root / "run"
        if len(os.fsencode(beside)) <= MAX_SOCKET_FOLDER_BYTES and _PLAIN_PATH.fullmatch(str(beside)):
            return beside
        digest = sha256(os.fsencode(root)).hexdigest()
        return SHORT_SOCKET_ROOT / f"nof1-{self.owner.pw_uid}-{digest[:12]}"

    def url(self, database: str) -> str:
        """libpq URL of a database over the socket; with another prefix also valid for SQLAlchemy."""
        options = {"host": str(self.socket_folder), "port": str(SOCKET_PORT), "user": POSTGRES_USER}
        if self.passfile is not None:
            options["passfile"] = str(self.passfile)
        return f"postgresql:///{quote(database, safe='')}?{urlencode(options)}"

    def connection_error(self) -> str | None:
        """Why connecting fails now; None where it succeeds."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return sanitise_line(str(error), 240)
        return None

    def read_postmaster_pid(self) -> int | None:
        """The pid of the running server; None where no such process runs, even if a pid file is left."""
        try:
            pid = int((self.data_folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if _is_running_in(pid, self.data_folder) else None

    def check_version(self) -> None:
        """Raises StoreUnusable for data of another major version; the message has the commands to move it."""
        try:
            version = (self.data_folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            raise StoreUnusable(
                f"{self.data_folder} has no PostgreSQL data (PG_VERSION is missing). Nothing was changed. "
                "Restore the data from a backup, or move that folder away to start with an empty store"
            ) from error
        if version != str(self.binaries.major):
            raise StoreUnusable(
                f"the store in {self.data_folder} was written by PostgreSQL {version}, this program uses "
                f"{self.binaries.major}. Nothing was changed. Move the data with two commands:\n"
                f"NOF1_PG_BIN=<programs of PostgreSQL {version}> nof1-tui db export store.nof1\n"
                f"mv {self.root} {self.root}.{version} && nof1-tui db restore store.nof1"
            )


def locate_cluster(home: Path, binaries: Binaries, owner: pwd.struct_passwd) -> Cluster:
    """The cluster of this data home; its folder is chosen here where there is none yet.

    A cluster started by root is outside the home, where its owner can reach it; a pointer file in the
    home has its path, so each data home has a separate cluster.
    """
    if owner.pw_uid == os.geteuid():
        return Cluster(home / "postgres", binaries, owner, None)
    root = read_location(home)
    if root is None:
        ROOT_DATA_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        root = ROOT_DATA_HOME / secrets.token_hex(6)
        write_private_file(home / LOCATION_FILE, f"{root}\n")
    return Cluster(root, binaries, owner, home / PASSWORD_FILE)


def read_location(home: Path) -> Path | None:
    """The cluster's folder from the pointer file of a home owned by root; None without one."""
    try:
        return Path((home / LOCATION_FILE).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def clear_libpq_environment() -> None:
    """Unset libpq's environment variables (PGPORT, PGSERVICE, …): they are meant for other servers."""
    known = [option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar]
    for name in (*known, "PGDATESTYLE", "PGTZ", "PGGEQO"):
        os.environ.pop(name, None)


def write_private_file(path: Path, text: str) -> None:
    """Write a file with mode 0600. Never follows a link: the folder may be another user's."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _is_running_in(pid: int, folder: Path) -> bool:
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
