"""Answers in columns and of single records: equity, prices, times of observations, texts of a decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from nof1tui.api.parameters import Values, moment
from nof1tui.api.problems import ApiProblem
from nof1tui.api.rows import Answer, ApiContext, envelope, selected_accounts

_POINTS, _STEPS = 500, 50
_DAY = timedelta(days=1)


async def equity_series(context: ApiContext, values: Values) -> Answer:
    """Equity of each account by its id, thinned with lowest and highest values kept."""
    now = context.clock()
    until = moment(values, "until", now)
    since = moment(values, "since", until or now)
    board = await context.board(until)
    selection, most = selected_accounts(values, board), values.get("points", _POINTS)
    series = {
        account.slug: _columns(curve.points(), since, until, most)
        for account, curve in board.curves.items()
        if selection.covers(account)
    }
    return Answer({**envelope("equity_series", context, board, until, since), "series": series}, as_of=until)


async def price_series(context: ApiContext, values: Values) -> Answer:
    """Prices of each coin by its name; of the last day where no span is given."""
    now = context.clock()
    until = moment(values, "until", now)
    since = moment(values, "since", until or now) or (until or now) - _DAY
    board = await context.board(None)
    coins = [values["coin"]] if "coin" in values else None
    lines = await context.history.price_series(since, until or now, coins)
    most = values.get("points", _POINTS)
    series = {coin: _columns(line.points(), since, until, most) for coin, line in lines.items()}
    return Answer({**envelope("price_series", context, board, until, since), "series": series}, as_of=until)


async def steps(context: ApiContext, values: Values) -> Answer:
    """Times beside a moment at which accounts were observed, nearest first."""
    now = context.clock()
    around = moment(values, "around", now) or now
    times = await context.history.observation_times(
        around, values.get("direction", "before"), values.get("limit", _STEPS)
    )
    return Answer(
        {
            **envelope("steps", context, await context.board(None), None),
            "around": around,
            "steps": list(times),
        }
    )


async def decision_texts(context: ApiContext, values: Values) -> Answer:
    """The long texts of a decision. Raises ApiProblem `not-found`."""
    texts = await context.history.decision_texts(values["id"])
    if texts is None:
        raise ApiProblem("not-found", "no decision has this id")
    document = envelope("decision", context, await context.board(None), None)
    return Answer(
        {
            **document,
            "id": values["id"],
            "prompt": texts.prompt,
            "reasoning": texts.reasoning,
            "answer": texts.answer,
        }
    )


def _columns(
    points: Iterable[tuple[float, float]], since: datetime | None, until: datetime | None, most: int
) -> dict[str, list[Any]]:
    """Times in ms and values as two columns of at most `most` points."""
    start = float("-inf") if since is None else since.timestamp()
    end = float("inf") if until is None else until.timestamp()
    kept = _thinned([point for point in points if start <= point[0] <= end], most)
    return {"t": [round(time * 1_000) for time, _ in kept], "v": [value for _, value in kept]}


def _thinned(points: list[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most `most` points: first and last, and lowest and highest of each stretch between them."""
    if len(points) <= most:
        return points
    stretches = max((most - 2) // 2, 0)
    kept = {0, len(points) - 1}
    for number in range(stretches):
        first = 1 + number * (len(points) - 2) // stretches
        last = 1 + (number + 1) * (len(points) - 2) // stretches
        stretch = range(first, last)
        kept |= {min(stretch, key=lambda i: points[i][1]), max(stretch, key=lambda i: points[i][1])}
    return [points[index] for index in sorted(kept)]
