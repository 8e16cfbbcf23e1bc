"""The documentation is true: links lead somewhere, queries and commands run, pages are in step."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import click
import psycopg
import pytest

from nof1tui.cli.main import cli
from tests.support.paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"(<!-- run -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDER = ["."]
"""What follows our name where docker builds an image of it."""


def blocks(page: Path, language: str) -> list[tuple[bool, str]]:
    """Whether a block is run, and its text."""
    return [
        (bool(run), text)
        for run, block_language, text in FENCE.findall(page.read_text("utf-8"))
        if block_language == language
    ]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    seen, left = set[Path](), [ROOT / "README.md"]
    while left:
        one = left.pop()
        if one in seen or one.suffix != ".md":
            continue
        seen.add(one)
        links = re.findall(r"\]\((?!https?:)([^)#\s]+)", one.read_text("utf-8"))
        left += [(one.parent / link).resolve() for link in links]
    assert page in seen


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sql")], ids=lambda page: page.name)
def test_every_query_runs(page: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as db:
        for _, text in blocks(page, "sql"):
            db.execute(text.encode())


def commands(text: str) -> list[list[str]]:
    """Our own commands in a block of shell, as words; behind pipes, `;` and `&&` as well."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        words = list(shlex.shlex(line, posix=True, punctuation_chars="|&;<>()"))
        for start, word in enumerate(words):
            if word.rpartition("/")[2] == "nof1-tui":
                rest = words[start + 1 :]
                end = next((i for i, it in enumerate(rest) if set(it) <= set("|&;<>()")), len(rest))
                found.append(rest[:end])
    return found


def parse(arguments: list[str]) -> None:
    """Parse these arguments as the program does, without running the command. Raises click.UsageError."""
    context, command = click.Context(cli, info_name="nof1-tui"), cli
    while arguments and isinstance(command, click.Group) and not arguments[0].startswith("-"):
        found = command.get_command(context, arguments[0])
        assert found is not None, f"unknown command {arguments[0]!r}"
        command, arguments = found, arguments[1:]
    command.make_context("nof1-tui", list(arguments), parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_accepted_by_the_program(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recordings").mkdir()
    for _, text in blocks(page, "sh"):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        for words in commands(text):
            if words != FOLDER:
                parse(words)


def test_the_blocks_marked_for_it_run(database_url: str, tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NOF1_")}
    env |= {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    env |= {"HOME": str(tmp_path), "NOF1_DATABASE_URL": database_url}
    ours = f'nof1-tui() {{ {shlex.quote(sys.executable)} -m nof1tui "$@"; }}\n'
    ran = 0
    for page in PAGES:
        for marked, text in blocks(page, "sh"):
            if marked:
                script = f"set -eu\n{ours}{text}"
                done = subprocess.run(
                    ["bash", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True
                )
                assert done.returncode == 0, f"{page.name}: {text}\n{done.stdout}{done.stderr}"
                ran += 1
    assert ran >= 2
    assert (tmp_path / "trades.csv").read_text().startswith("id,trader,")
    assert (tmp_path / "backup.nof1").stat().st_size > 1_000


def test_the_page_of_settings_matches_the_model() -> None:
    made = runpy.run_path(str(ROOT / ".ci" / "settings_page.py"))["page"]()
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert page == made, "write it again: python .ci/settings_page.py > docs/settings.md"
