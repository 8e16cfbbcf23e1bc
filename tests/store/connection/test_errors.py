"""Which database errors blame a record, and which say that the store is away."""

from __future__ import annotations

import psycopg
import psycopg.errors
import pytest

from nof1tui.ports.errors import AccessDenied, BatchRejected, StoreUnavailable
from nof1tui.store.connection.errors import translate_database_errors

UNKNOWN_STATES = ["ZZ999", "99000", "HV000", "P0001", "F0000"]
KNOWN_STATES = sorted(psycopg.errors._sqlcodes)
BLAMING = {"22", "23", "54"}


class ServerError(psycopg.Error):
    """An error with any SQLSTATE."""

    def __init__(self, state: str | None) -> None:
        super().__init__("the server's words")
        self.sqlstate = state


def translated(error: Exception) -> Exception:
    with pytest.raises((BatchRejected, StoreUnavailable)) as caught, translate_database_errors():
        raise error
    return caught.value


@pytest.mark.parametrize("state", [*KNOWN_STATES, *UNKNOWN_STATES])
def test_only_data_errors_blame_a_record_whatever_else_the_server_answers(state: str) -> None:
    error = translated(ServerError(state))
    assert isinstance(error, BatchRejected) == (state[:2] in BLAMING)
    assert getattr(error, "state", state) == state
    assert "the server's words" in str(error)


@pytest.mark.parametrize("state", ["28000", "28P01", "42501", "3F000", "0P000"])
def test_a_refused_role_is_a_store_that_is_away_and_its_message_says_so(state: str) -> None:
    error = translated(ServerError(state))
    assert isinstance(error, AccessDenied)
    assert str(error).startswith("the database refused access: the server's words")
    assert ("grant-viewer" in str(error)) == (state == "42501")


def test_a_refused_password_is_recognised_before_the_server_has_sent_a_state() -> None:
    text = 'connection failed: FATAL:  password authentication failed for user "nof1"'
    assert isinstance(translated(psycopg.OperationalError(text)), AccessDenied)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("connection refused"), StoreUnavailable),
        (psycopg.InterfaceError("the connection is closed"), StoreUnavailable),
        (psycopg.InternalError("unknown"), StoreUnavailable),
        (psycopg.ProgrammingError("unknown"), StoreUnavailable),
        (ConnectionResetError("reset"), StoreUnavailable),
        (TimeoutError(), StoreUnavailable),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), BatchRejected),
    ],
)
def test_without_a_state_only_a_value_that_cannot_be_sent_blames_a_record(
    error: Exception, expected: type[Exception]
) -> None:
    assert type(translated(error)) is expected


@pytest.mark.parametrize(
    ("state", "timed_out"), [("57014", True), ("25P03", True), ("57P01", False), (None, False)]
)
def test_a_smaller_write_is_worth_a_try_after_a_timeout_only(state: str | None, timed_out: bool) -> None:
    error = translated(ServerError(state))
    assert isinstance(error, StoreUnavailable)
    assert error.timed_out == timed_out
