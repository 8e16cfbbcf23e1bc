"""What ships beside the code: README, compose file, Dockerfile, wheel."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nof1tui import __version__
from nof1tui.cli.main import cli
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def compose() -> dict[str, dict[str, dict[str, object]]]:
    parsed = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    assert isinstance(parsed, dict)
    return parsed


def test_compose_binds_the_database_to_loopback_with_a_named_volume_and_a_healthcheck(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    db = compose["services"]["db"]
    assert db["ports"] == ["127.0.0.1:${NOF1_DB_PORT:-5432}:5432"]
    assert db["volumes"] == ["store:/var/lib/postgresql"]
    assert "store" in compose["volumes"]
    assert "pg_isready" in str(db["healthcheck"])


def test_compose_takes_its_password_from_the_environment_and_nowhere_else(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert re.findall(r"PASSWORD: (.*)", text) == [
        "${NOF1_DB_PASSWORD:?set NOF1_DB_PASSWORD in .env}"
    ] * 2 + ["${VIEWER_PASSWORD:-}"]


def test_compose_starts_the_collector_only_under_its_profile_and_after_the_database(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    collector = compose["services"]["collector"]
    assert collector["profiles"] == ["collector"]
    assert collector["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_every_variable_of_the_compose_file_is_explained_in_the_example(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    used = set(re.findall(r"\$\{((?:NOF1|VIEWER)_\w+)", (ROOT / "docker-compose.yml").read_text("utf-8")))
    explained = set(re.findall(r"^#? ?(\w+)=", (ROOT / ".env.example").read_text("utf-8"), re.M))
    assert used <= explained


def test_the_image_is_built_in_stages_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert text.count("\nFROM ") == 2
    last = text.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER (?!root)\w+$", last, re.M)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name


def test_readme_names_one_command_for_the_demo_and_one_for_the_tests() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    commands = re.findall(r"<!-- command: (\w+) -->\n```sh\n(.+)\n```", text)
    assert [name for name, _ in commands] == ["demo", "test"]


def test_the_readme_links_only_to_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_the_wheel_carries_migrations_styles_and_the_roster(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"nof1tui/_migrations/env.py", "nof1tui/_migrations/alembic.ini", "nof1tui/roster.toml"} <= names
    assert any(name.startswith("nof1tui/_migrations/versions/0001") for name in names)
    assert any(name.endswith(".tcss") for name in names)


def test_the_required_libraries_are_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = {re.split(r"[\[<>=!~ ]", item, maxsplit=1)[0] for item in project["dependencies"]}
    assert {"textual", "rich", "sqlalchemy", "psycopg", "alembic", "pydantic-settings", "httpx"} <= named
    assert project["requires-python"] == ">=3.11"


def test_viewers_of_the_compose_file_never_write_and_never_have_the_owners_password(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    viewer = compose["services"]["viewer"]
    environment = viewer["environment"]
    assert isinstance(environment, dict)
    assert environment["NOF1_READ_ONLY"] == "1"
    assert "NOF1_DB_PASSWORD" not in str(environment.values())
    assert viewer["profiles"] == ["viewer"]


UNITS = sorted((ROOT / "deploy").glob("nof1-tui*"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_commands_that_exist_and_gives_them_time_to_end(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(unit.read_text("utf-8"))
    assert parsed["Unit"]["Description"].startswith("nof1-tui")
    if unit.suffix == ".timer":
        assert parsed["Timer"]["Persistent"] == "true"
        return
    started = re.search(r"nof1-tui\"? (\w+)(?: (\w+))?", parsed["Service"]["ExecStart"])
    assert started is not None
    command = cli.get_command(click.Context(cli), started[1])
    assert command is not None
    if isinstance(command, click.Group):
        assert started[2] in command.commands
    if parsed["Service"]["Type"] != "oneshot":
        assert int(parsed["Service"]["TimeoutStopSec"]) > 2
        assert parsed["Service"]["RestartPreventExitStatus"] == "2"


def closure(name: str) -> set[str]:
    """What installing `name` brings along, on this machine."""
    seen, left = set[str](), [name]
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        for line in metadata.requires(one) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                left.append(canonicalize_name(needed.name))
    return seen - {name}


FREE = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|LGPL|Lesser|PostgreSQL")
BINDING = re.compile(
    r"(?<!L)GPL|(?<!Lesser )General Public|AGPL|Affero|Proprietary|Commercial", re.IGNORECASE
)


def test_every_dependency_has_a_compatible_licence() -> None:
    for name in sorted(closure("nof1-tui")):
        package = metadata.metadata(name)
        licence = package.get("License-Expression") or " ".join(
            [*(item for item in package.get_all("Classifier", []) if item.startswith("License")),
             (package.get("License") or "").strip().partition("\n")[0]]
        )  # fmt: skip
        assert FREE.search(licence), f"{name}: {licence!r}"
        assert not BINDING.search(licence), f"{name}: {licence!r}"


def test_the_constraints_pin_every_dependency_and_name_no_place() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-|@", text, re.M)
    pinned = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==[\w.+!]+$", text, re.M)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {canonicalize_name(Requirement(line).name) for line in direct} <= pinned


def test_the_lowest_versions_are_those_of_pyproject() -> None:
    installed = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "lowest")], capture_output=True, text=True, check=True
    )
    lines = installed.stdout.split()
    assert len(lines) == len(
        tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    )
    assert all("==" in line for line in lines)


def test_the_version_is_defined_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "nof1tui/__init__.py"
    assert metadata.version("nof1-tui") == __version__
