"""Spool folders: whose they are, and what they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nof1tui.collector.delivery.spool import Spool
from nof1tui.collector.delivery.spool_folders import SpoolFolders
from tests.support.envelopes import prices


def spooled(folder: Path, count: int) -> None:
    """Leave this number of records in a folder."""
    spool = Spool(folder)
    for number in range(count):
        spool.append(prices(number))
    spool.close()


def rejected(folder: Path, count: int) -> None:
    for number in range(count):
        Spool(folder).set_aside(prices(number), "no")


def test_folders_are_listed_with_what_they_hold_the_own_one_first(tmp_path: Path) -> None:
    spooled(tmp_path / "a", 2)
    rejected(tmp_path / "b", 3)
    spooled(tmp_path / "own", 1)
    rejected(tmp_path / "own", 1)
    (tmp_path / "empty").mkdir()
    found = SpoolFolders(tmp_path, "own").usages()
    assert [(usage.folder.name, usage.is_own, usage.records, usage.rejected) for usage in found] == [
        ("own", True, 1, 1),
        ("a", False, 2, 0),
        ("b", False, 0, 3),
    ]
    assert [usage.store for usage in found] == [None, None, None]


def test_the_folder_of_a_known_database_is_the_current_one_and_that_of_its_url_is_own_too(
    tmp_path: Path,
) -> None:
    spooled(tmp_path / "url", 1)
    folders = SpoolFolders(tmp_path, "url")
    assert folders.current == tmp_path / "url"
    assert folders.bind("identity", "host/name") == (tmp_path / "identity", tmp_path / "url")
    spooled(tmp_path / "identity", 2)
    assert folders.current == tmp_path / "identity"
    assert [(usage.folder.name, usage.is_own, usage.store) for usage in folders.usages()] == [
        ("identity", True, "host/name"),
        ("url", True, None),
    ]
    assert [usage.is_own for usage in SpoolFolders(tmp_path, "other").usages()] == [False, False]
    assert (tmp_path / "identity").stat().st_mode & 0o777 == 0o700


def test_a_database_that_is_reached_by_another_url_keeps_its_folder(tmp_path: Path) -> None:
    for url in ("first", "second", "first"):
        assert SpoolFolders(tmp_path, url).bind("identity", "host/name") == (tmp_path / "identity",)
    known = json.loads((tmp_path / "identity" / "store.json").read_text())
    assert known == {"store": "host/name", "urls": ["first", "second"]}


def test_a_url_that_reaches_another_database_leaves_the_former_one(tmp_path: Path) -> None:
    SpoolFolders(tmp_path, "url").bind("former", "host/name")
    SpoolFolders(tmp_path, "other").bind("former", "host/name")
    assert SpoolFolders(tmp_path, "url").bind("present", "host/name") == (tmp_path / "present",)
    assert SpoolFolders(tmp_path, "url").current == tmp_path / "present"
    assert SpoolFolders(tmp_path, "other").current == tmp_path / "former"


def test_a_database_without_an_identity_has_the_folder_of_its_url(tmp_path: Path) -> None:
    assert SpoolFolders(tmp_path, "url").bind(None, "host/name") == (tmp_path / "url",)
    assert not (tmp_path / "url").exists()


@pytest.mark.parametrize("content", ["{", "[]", "", "\x00"])
def test_a_damaged_store_file_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    SpoolFolders(tmp_path, "url").bind("identity", "host/name")
    (tmp_path / "identity" / "store.json").write_text(content)
    spooled(tmp_path / "identity", 1)
    [usage] = SpoolFolders(tmp_path, "url").usages()
    assert (usage.store, usage.is_own) == (None, False)
    SpoolFolders(tmp_path, "url").bind("identity", "host/name")
    [usage] = SpoolFolders(tmp_path, "url").usages()
    assert (usage.store, usage.is_own) == ("host/name", True)
