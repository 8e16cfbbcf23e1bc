"""URLs, labels without secrets, and which database errors pass by themselves."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy.exc

from nof1tui.ports import StoreRefused
from nof1tui.store.engine import label_of, open_database, sqlalchemy_url
from nof1tui.store.faults import is_passing


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("postgresql://u:p@db.example:5433/arena", "db.example:5433/arena"),
        ("postgres://u:p@db/arena", "db/arena"),
        ("postgresql+psycopg://u@db/arena", "db/arena"),
        ("postgresql:///arena?host=/run/pg&passfile=/x", "/run/pg/arena"),
    ],
)
def test_every_postgresql_url_is_understood_and_shown_without_secrets(url: str, label: str) -> None:
    parsed = sqlalchemy_url(url)
    assert parsed.drivername == "postgresql+psycopg"
    assert label_of(parsed) == label


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://u@h/d", "nonsense", ""])
def test_anything_else_is_refused_plainly(url: str) -> None:
    with pytest.raises(StoreRefused, match="NOF1_DATABASE_URL"):
        open_database(url)


def error(sqlstate: str | None) -> psycopg.Error:
    made = psycopg.OperationalError("said")
    if sqlstate is not None:
        made = psycopg.errors.lookup(sqlstate)("said")
    return made


@pytest.mark.parametrize(
    ("sqlstate", "passes"),
    [
        (None, True),
        ("08006", True),
        ("57P01", True),
        ("57P03", True),
        ("53100", True),
        ("53300", True),
        ("40001", True),
        ("40P01", True),
        ("55P03", True),
        ("57014", True),
        ("22003", False),
        ("23505", False),
        ("42P01", False),
    ],
)
def test_the_sqlstate_decides_whether_trying_again_can_help(sqlstate: str | None, passes: bool) -> None:
    assert is_passing(error(sqlstate)) is passes
    wrapped = sqlalchemy.exc.DBAPIError("SELECT 1", {}, error(sqlstate))
    assert is_passing(wrapped) is passes


def test_a_connection_that_was_invalidated_always_passes() -> None:
    wrapped = sqlalchemy.exc.DBAPIError("SELECT 1", {}, error("42P01"), connection_invalidated=True)
    assert is_passing(wrapped)
