"""What ships beside the code: README, compose file, Dockerfile, wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


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
    assert re.findall(r"PASSWORD: (.*)", text) == ["${NOF1_DB_PASSWORD:?set NOF1_DB_PASSWORD in .env}"] * 2


def test_compose_starts_the_collector_only_under_its_profile_and_after_the_database(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    collector = compose["services"]["collector"]
    assert collector["profiles"] == ["collector"]
    assert collector["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_every_variable_of_the_compose_file_is_explained_in_the_example(
    compose: dict[str, dict[str, dict[str, object]]],
) -> None:
    used = set(re.findall(r"\$\{(NOF1_\w+)", (ROOT / "docker-compose.yml").read_text("utf-8")))
    explained = set(re.findall(r"^#? ?(NOF1_\w+)=", (ROOT / ".env.example").read_text("utf-8"), re.M))
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
