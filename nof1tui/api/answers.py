"""Answers by endpoint, and their encoding in each format."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from nof1tui.api import board_answers, list_answers, series_answers
from nof1tui.api.bodies import CSV_TYPE, JSON_TYPE, NDJSON_TYPE, Body, HeaderList, encode_json
from nof1tui.api.endpoints import BodyFormat, Endpoint
from nof1tui.api.openapi import openapi_document
from nof1tui.api.pages import PAGE_HEADERS, SCRIPT, STYLE, docs_page, problems_page
from nof1tui.api.parameters import Values
from nof1tui.api.problems import ApiProblem
from nof1tui.api.rows import Answer, ApiContext
from nof1tui.domain.export.formats import as_csv

SETTLED_AFTER = timedelta(hours=24)
"""A past moment older than this is taken as settled: its bodies are kept for `SETTLED_FOR_S`."""
SETTLED_FOR_S = 300
_AnswerMaker = Callable[[ApiContext, Values], Awaitable[Answer]]


async def _status(context: ApiContext, values: Values) -> Answer:
    return Answer(dict(await context.read_status()))


async def _alerts(context: ApiContext, values: Values) -> Answer:
    return Answer(dict(context.alert_rules))


_ANSWERS: Mapping[str, _AnswerMaker] = {
    "index": board_answers.index_answer,
    "seasons": board_answers.seasons_answer,
    "traders": board_answers.traders_answer,
    "trader": board_answers.trader_answer,
    "leaderboard": partial(board_answers.board_rows, "leaderboard"),
    "positions": partial(board_answers.board_rows, "positions"),
    "coins": partial(board_answers.board_rows, "coins"),
    "prices": board_answers.price_rows,
    "stats": board_answers.stats_rows,
    "decision": series_answers.decision_texts,
    "equity_series": series_answers.equity_series,
    "price_series": series_answers.price_series,
    "steps": series_answers.steps,
    "status": _status,
    "alerts": _alerts,
}


async def make_body(
    endpoint: Endpoint,
    context: ApiContext,
    values: Values,
    form: BodyFormat,
    *,
    public: bool,
    monotonic_s: float,
) -> Body:
    """The encoded answer. Raises ApiProblem and StoreUnavailable."""
    if values.get("arena", context.arena) not in (context.arena, context.source):
        raise ApiProblem("bad-parameter", f"this server has the arena {context.arena}", param="arena")
    if endpoint.paged:
        answer = await list_answers.list_answer(endpoint, context, values)
    else:
        answer = await _ANSWERS[endpoint.name](context, values)
    is_settled = answer.as_of is not None and answer.as_of < context.clock() - SETTLED_AFTER
    audience = b"public" if public and endpoint.scope == "read" else b"private"
    lifetime = b"max-age=%d" % SETTLED_FOR_S if is_settled else b"no-cache"
    content, identity, content_type = _encoded(answer, form)
    return Body(
        content,
        content_type,
        identity=identity,
        modified_at=answer.as_of if answer.as_of is not None and is_settled else context.live.published_at,
        cache_control=audience + b", " + lifetime,
        more=_links(endpoint, values, answer),
        expires_at=monotonic_s + SETTLED_FOR_S if is_settled else None,
    )


def _encoded(answer: Answer, form: BodyFormat) -> tuple[bytes, bytes, bytes]:
    """The body, what its ETag is made of, and its type."""
    if form == "csv":
        content = as_csv(answer.columns, answer.rows or ()).encode()
        return content, content, CSV_TYPE
    if form == "ndjson":
        content = b"".join(encode_json(row) + b"\n" for row in answer.rows or ())
        return content, content, NDJSON_TYPE
    document = dict(answer.document)
    if answer.rows is not None:
        document |= {"rows": answer.rows, "next": answer.next_cursor}
    identity = encode_json(document)
    if "observed_at" not in document:
        return identity, identity, JSON_TYPE
    age_s = None if answer.age_s is None else round(answer.age_s, 1)
    return identity[:-1] + b',"age_s":' + encode_json({"a": age_s})[5:], identity, JSON_TYPE


def _links(endpoint: Endpoint, values: Values, answer: Answer) -> HeaderList:
    if answer.next_cursor is None:
        return []
    kept = [(name, value) for name, value in values.items() if name != "cursor"]
    query = _query([*kept, ("cursor", answer.next_cursor)])
    return [(b"link", f'<{endpoint.path}?{query}>; rel="next"'.encode("latin-1"))]


def _query(pairs: Sequence[tuple[str, object]]) -> str:
    def text(value: object) -> str:
        match value:
            case bool():
                return str(int(value))
            case tuple():
                return ",".join(map(str, value))
            case _:
                return str(value)

    return urlencode([(name, text(value)) for name, value in pairs])


def static_bodies(endpoints: Sequence[Endpoint], made_at: datetime) -> Mapping[str, Body]:
    """Bodies that do not depend on the store, by the name of their endpoint."""
    contents: Mapping[str, tuple[bytes, bytes]] = {
        "openapi": (encode_json(openapi_document(endpoints)), JSON_TYPE),
        "docs": (docs_page(endpoints).encode(), b"text/html; charset=utf-8"),
        "problems": (problems_page().encode(), b"text/html; charset=utf-8"),
        "docs_script": (SCRIPT.encode(), b"text/javascript; charset=utf-8"),
        "docs_style": (STYLE.encode(), b"text/css; charset=utf-8"),
    }
    return {
        name: Body(
            content, kind, modified_at=made_at, cache_control=b"public, max-age=3600", more=list(PAGE_HEADERS)
        )
        for name, (content, kind) in contents.items()
    }
