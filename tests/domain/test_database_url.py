"""Database URLs: well-formed ones are accepted and masked, malformed ones refused without a word of them."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from nof1tui.domain.database_url import (
    InvalidDatabaseUrl,
    check_database_url,
    compose_database_url,
    mask_database_url,
)
from nof1tui.domain.redaction import redact

MALFORMED = {
    "a raw percent sign": "postgresql://me:ab%cd@db/nof1",
    "a cut escape": "postgresql://me:ab%2@db/nof1",
    "a zero byte": "postgresql://me:ab%00cd@db/nof1",
    "bytes that are not UTF-8": "postgresql://me:ab%ffcd@db/nof1",
    "a space": "postgresql://me:ab cd@db/nof1",
    "a line break": "postgresql://me:ab\ncd@db/nof1",
    "a raw @": "postgresql://me:ab@cd@db/nof1",
    "a raw slash": "postgresql://me:ab/cd@db/nof1",
    "a raw hash": "postgresql://me:ab#cd@db/nof1",
    "a raw question mark": "postgresql://me:ab?cd@db/nof1",
    "a raw ampersand in an option": "postgresql://db/nof1?user=me&password=ab&cd",
    "a raw equals sign in an option": "postgresql://db/nof1?user=me&password=ab=cd",
    "an @ in an option": "postgresql://db/nof1?user=me&password=ab@cd",
    "a password for a port": "postgresql://me:abcd/nof1",
    "a port out of range": "postgresql://me@db:70000/nof1",
    "a host with a bracket": "postgresql://me:ab@c]d/nof1",
    "another scheme": "mysql://me:abcd@db/nof1",
    "no scheme": "me:abcd@db/nof1",
}


@pytest.mark.parametrize("url", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_url_is_refused_and_never_quoted(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl) as refusal:
        check_database_url(url)
    assert "ab" not in str(refusal.value).replace("database", "").replace("belongs", "")
    assert mask_database_url(url) == "postgresql://***"


@pytest.mark.parametrize("sign", "@/#?% ")
def test_the_message_for_a_special_character_says_to_encode_it(sign: str) -> None:
    with pytest.raises(InvalidDatabaseUrl, match=r"percent-encode it: @ : / \? # % and space are %40"):
        check_database_url(f"postgresql://me:ab{sign}cd@db.example/nof1")


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql://me:ab%40cd@db:5433/nof1", "postgresql://me:***@db:5433/nof1"),
        ("postgres://me:a:b@db/nof1", "postgres://me:***@db/nof1"),
        ("postgresql+psycopg://me@db/nof1", "postgresql+psycopg://me@db/nof1"),
        ("postgresql:///nof1?host=/run/pg&user=me", "postgresql:///nof1?host=/run/pg&user=me"),
        ("postgresql://me@/nof1?password=a+b&host=x", "postgresql://me@/nof1?password=***&host=x"),
        (
            "postgresql://me@[::1]:5432,db2/nof1?sslpassword=x",
            "postgresql://me@[::1]:5432,db2/nof1?sslpassword=***",
        ),
        ("postgresql://me:p@%2Frun%2Fpg/nof1", "postgresql://me:***@%2Frun%2Fpg/nof1"),
        (" postgresql://db ", "postgresql://db"),
    ],
)
def test_a_well_formed_url_is_accepted_and_masked(url: str, masked: str) -> None:
    assert mask_database_url(check_database_url(url)) == masked


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
)
def test_libpq_reads_the_parts_that_a_url_was_composed_of(user: str, password: str) -> None:
    url = compose_database_url("db.example", 5433, "nof1", user, password)
    parts = conninfo_to_dict(check_database_url(url))
    assert (parts["user"], parts["password"], parts["host"]) == (user, password, "db.example")


MARK = "Geheim", "hunter2"
"""Two halves of a password, which no output may have."""
_SIGNS = "@/#?% &=:;,'\"`<>()[]{}|\\^~$!*+-._\t\n\r\0é€😀%%zz%4%40%00%ff"
_TEMPLATES = (
    "postgresql://me:{}@db.example:5432/nof1",
    "postgres://me:{}@db.example/nof1?sslmode=require",
    "postgresql+psycopg://:{}@/nof1?host=/run/postgresql",
    "postgresql://db.example/nof1?user=me&password={}",
    "postgresql://db.example/nof1?password={}&user=me",
    "postgresql://me:{}@[::1]:5432/nof1",
    "postgresql://me:{}@db1,db2:5433/nof1?target_session_attrs=read-write",
    "postgresql://me:{}",
    "postgresql://me:{}@",
)


def malformed_url(number: int) -> str:
    """A URL whose password has the mark amid special characters, and that may have other mistakes."""
    chance = random.Random(number)

    def signs() -> str:
        return "".join(chance.choice(_SIGNS) for _ in range(chance.randint(0, 3)))

    password = f"{signs()}{MARK[0]}{signs() or '@'}{MARK[1]}{signs()}"
    template = chance.choice(_TEMPLATES)
    if "@" not in template:  # the half after an @ would be a host
        password = password.replace("@", "%")
    url = template.format(password)
    for _ in range(chance.randint(0, 2)):
        place = chance.randrange(len(url))
        if url[place - 1 : place + 1].isalpha() or MARK[0] in url[place - 9 : place + 9]:
            continue
        url = url[:place] + chance.choice(_SIGNS) + url[place:]
    return url


def outputs(url: str) -> list[str]:
    """Everything that is printed about the URL."""
    from nof1tui.store.connection.connect import build_database_label, to_libpq_url

    texts = [mask_database_url(url)]
    if not re.search(r"\s", url) and re.match(r"postgres\S*://", url):
        texts += [
            redact(f"cannot reach {url}"),
            redact(f'{{"url": "{url}"}}'),
            redact(f"'{url}' is not reachable"),
        ]
    for work in (check_database_url, to_libpq_url, build_database_label):
        try:
            result = work(url)
        except Exception as error:  # noqa: BLE001 whatever is raised is printed
            texts += [
                str(error),
                str(error.__cause__),
                "" if error.__suppress_context__ else str(error.__context__),
            ]
        else:
            texts.append(redact(result))
    return texts


@pytest.mark.parametrize("first", [0, pytest.param(500, marks=pytest.mark.slow)])
def test_no_piece_of_a_password_is_printed_however_malformed_its_url(first: int) -> None:
    numbers = range(first, 500 if first == 0 else 10_500)
    leaks = [
        (malformed_url(number), text)
        for number in numbers
        for text in outputs(malformed_url(number))
        if any(half in text for half in MARK)
    ]
    assert leaks[:3] == []
