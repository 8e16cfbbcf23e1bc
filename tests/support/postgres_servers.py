"""PostgreSQL servers over TCP for tests: of any installed version, with replicas, behind PgBouncer."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from nof1tui.store.embedded import binaries
from tests.support.paths import ROOT

OWNER, OWNER_PASSWORD = "nof1", "it's @ /#?% secret"
DATABASE = "nof1"
_DEBIAN = Path("/usr/lib/postgresql/15/bin")
_START_TIMEOUT_S = 30.0
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
full_page_writes = off
wal_level = replica
hot_standby = on
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 200ms
"""


def debian_binaries() -> Path:
    """Programs of Debian's PostgreSQL 15; skips the test where they are not installed."""
    if not (_DEBIAN / "initdb").is_file():
        pytest.skip("PostgreSQL 15 is not installed: apt-get install postgresql-15")
    return _DEBIAN


def embedded_binaries() -> Path:
    """Programs of the embedded PostgreSQL, where the server's user can run them."""
    found = binaries.find_binaries()
    if os.geteuid() == 0:
        found = binaries.ensure_reachable(found, pwd.getpwnam("postgres"))
    if not (found.directory / "pg_basebackup").is_file():
        pytest.skip("the embedded PostgreSQL has no pg_basebackup")
    return found.directory


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def build_url(port: int, user: str = OWNER, password: str = OWNER_PASSWORD, database: str = DATABASE) -> str:
    return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{port}/{database}"


@dataclass
class PostgresServer:
    """A server in a folder of its own; `start` again takes the same port."""

    programs: Path
    folder: Path = field(default_factory=lambda: _own_folder("postgres"))
    port: int = field(default_factory=free_port)
    replicas: list[PostgresServer] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        """URL of the owner of the database `nof1`."""
        return build_url(self.port)

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self, *options: str) -> PostgresServer:
        """Initialise and start the server, with the role and the database of a store."""
        options = options or ("--encoding=UTF8", "--locale=C")
        self.run("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", *options)
        self._configure()
        (self.data / "pg_hba.conf").write_text(
            "host all postgres 127.0.0.1/32 trust\nhost replication postgres 127.0.0.1/32 trust\n"
            "host all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.start()
        password = OWNER_PASSWORD.replace("'", "''")
        self.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{password}'")
        self.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        return self

    def make_replica(self) -> PostgresServer:
        """A running standby that streams from this server."""
        replica = PostgresServer(self.programs)
        source = f"host=127.0.0.1 port={self.port} user=postgres"
        self.run("pg_basebackup", "-D", str(replica.data), "-d", source, "-R", "-X", "stream", "-c", "fast")
        replica._configure()
        replica.start()
        self.replicas.append(replica)
        return replica

    def follow(self, primary: PostgresServer) -> None:
        """Start, after `stop`, as a standby of another server."""
        (self.data / "standby.signal").touch()
        shutil.chown(self.data / "standby.signal", *_owner())
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"primary_conninfo = 'host=127.0.0.1 port={primary.port} user=postgres'\n")
        self.start()

    def start(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-s", "start")

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "-s", "-m", mode, "stop")

    def promote(self) -> None:
        self.run("pg_ctl", "-D", str(self.data), "-w", "-s", "promote")

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Rows of a statement of the superuser, outside a transaction."""
        with psycopg.connect(self.admin_url, dbname=database, autocommit=True) as db:
            cursor = db.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def destroy(self) -> None:
        for replica in self.replicas:
            replica.destroy()
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's user."""
        run_as_server([str(self.programs / program), *arguments])

    def _configure(self) -> None:
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(_CONFIGURATION.format(port=self.port))


@dataclass
class PgBouncer:
    """PgBouncer with the configuration of `deploy/pgbouncer.ini`, in front of a server."""

    server: PostgresServer
    changes: Mapping[str, str] = field(default_factory=dict)
    """Settings that differ from the file, by name."""
    folder: Path = field(default_factory=lambda: _own_folder("pgbouncer"))
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return build_url(self.port)

    def start(self) -> PgBouncer:
        """Start it; skips the test where it is not installed."""
        program = shutil.which(os.environ.get("NOF1_TEST_PGBOUNCER", "pgbouncer"), path=_programs_path())
        if program is None:
            pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
        users, file = self.folder / "userlist.txt", self.folder / "pgbouncer.ini"
        users.write_text(f'"{OWNER}" "{OWNER_PASSWORD}"\n')
        changes = {
            DATABASE: f"host=127.0.0.1 port={self.server.port} dbname={DATABASE}",
            "listen_port": str(self.port),
            "auth_file": str(users),
            "unix_socket_dir": "",
            "pidfile": str(self.folder / "pid"),
            "logfile": str(self.folder / "log"),
            **self.changes,
        }
        lines = []
        for line in (ROOT / "deploy" / "pgbouncer.ini").read_text().splitlines():
            name = line.partition("=")[0].strip()
            lines.append(f"{name} = {changes.pop(name)}" if name in changes else line)
        lines += [f"{name} = {value}" for name, value in changes.items()]
        file.write_text("\n".join(lines) + "\n")
        for path in (users, file):
            shutil.chown(path, *_owner())
        run_as_server([program, "-d", str(file)])
        self._wait()
        return self

    def stop(self) -> None:
        pid = int((self.folder / "pid").read_text())
        os.kill(pid, 15)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError as error:
                reason = error
                time.sleep(0.05)
            else:
                return
        raise reason


def run_as_server(command: list[str]) -> None:
    """Run a program as the user of PostgreSQL; raises AssertionError with its output where it fails."""
    options: dict[str, object] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(  # type: ignore[call-overload]
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath, "TZ": "UTC", "HOME": "/"},
        timeout=120,
        **options,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")


def _programs_path() -> str:
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))


def _owner() -> tuple[int, int]:
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return user.pw_uid, user.pw_gid


def _own_folder(name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"nof1-{name}-"))
    shutil.chown(folder, *_owner())
    return folder
