"""Secrets are redacted wherever libraries put them; texts that only look similar are unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.redaction import redact

SECRET = "hunter2-Geheim"


@pytest.mark.parametrize(
    "text",
    [
        f"connecting to postgresql://me:{SECRET}@db.example:5432/nof1 failed",
        f"no answer from https://arena.example/api?token={SECRET}&page=2",
        f"https://arena.example/api?a=1&api_key={SECRET}",
        f"https://arena.example/api?X-Amz-Signature={SECRET}",
        f"host=db user=me password={SECRET} dbname=nof1",
        f"host=db password='{SECRET} with spaces' dbname=nof1",
        f"sslpassword={SECRET}",
        f"Authorization: Basic {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"[(b'Proxy-Authorization', b'Basic {SECRET}')]",
        f"Cookie: session={SECRET}; other=1",
        f'{{"access_token": "{SECRET}"}}',
        f"socks5://user:{SECRET}@127.0.0.1:1080",
        f"bearer {SECRET}",
    ],
)
def test_a_secret_is_redacted_wherever_it_is(text: str) -> None:
    assert SECRET not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        'password authentication failed for user "nof1"',
        "https://nof1.ai/api/account-totals?lastHourlyMarker=42",
        "postgresql://me@db.example/nof1",
        "postgresql:///nof1?host=%2Frun&user=nof1&passfile=%2Fdata%2Fpostgres.password",
        "accounts: 64 read, stored 32 accounts",
        "http://127.0.0.1:9/api",
        "Key (id)=(5) already exists",
    ],
)
def test_texts_without_a_secret_are_unchanged(text: str) -> None:
    assert redact(text) == text


@given(st.text("abcXYZ019-._~!$*+%", min_size=4), st.text("abc xyz\n", max_size=20))
def test_no_password_of_an_address_survives(password: str, around: str) -> None:
    redacted = redact(f"{around} postgresql://user:{password}§@host/db {around}")
    assert f"{password}§" not in redacted
