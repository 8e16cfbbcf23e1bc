"""What of a filter a store selects by itself, and what is left for the rows it sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.filters.evaluate import plain_predicate
from nof1tui.domain.filters.parser import parse_filter
from nof1tui.domain.filters.render import render_filter
from nof1tui.domain.filters.store_split import StoreAbility, StoreSplit, StoreTerms, split_for_store
from tests.domain.filters.filter_rows import NOW, TRADE_FIELDS, TradeReader, TradeRow

NAMES: dict[str, Sequence[str]] = {
    "claude-sonnet-4-5": ("Claude Sonnet 4.5",),
    "gpt-5": ("GPT 5",),
    "gpt-5-mini": (),
    "qwen3-max": ("Qwen3 Max",),
}
TRADES = StoreAbility(
    ids={
        "trader": NAMES,
        "coin": {"BTC": (), "BNB": (), "ETH": ()},
        "side": {"long": (), "short": ()},
        "season": {"season-1": ("Season 1",), "season-1-5": ("Season 1.5",)},
    },
    flags=frozenset({"win", "loss"}),
)
ONE_COIN_AND_SIDE = replace(TRADES, single=frozenset({"coin", "side"}))
DECISIONS = StoreAbility(
    ids={"trader": NAMES, "coin": TRADES.ids["coin"]},
    single=frozenset({"coin"}),
    flags=frozenset({"acting"}),
    words=True,
)
NOTHING = StoreAbility(times=False)
MIDNIGHT = datetime(2025, 10, 27, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def split(text: str, ability: StoreAbility = TRADES) -> StoreSplit:
    return split_for_store(parse_filter(text, TRADE_FIELDS, NOW), TRADE_FIELDS, ability)


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ("trader:gpt", StoreTerms(ids={"trader": frozenset({"gpt-5", "gpt-5-mini"})})),
        ("trader=gpt-5", StoreTerms(ids={"trader": frozenset({"gpt-5"})})),
        (
            'trader:"qwen3 max",claude',
            StoreTerms(ids={"trader": frozenset({"qwen3-max", "claude-sonnet-4-5"})}),
        ),
        ("coin:b", StoreTerms(ids={"coin": frozenset({"BTC", "BNB"})})),
        ("coin:b coin:btc", StoreTerms(ids={"coin": frozenset({"BTC"})})),
        ("coin:sol", StoreTerms(ids={"coin": frozenset()})),
        ("season=season-1", StoreTerms(ids={"season": frozenset({"season-1"})})),
        ("side:long", StoreTerms(ids={"side": frozenset({"long"})})),
        ("is:short", StoreTerms(ids={"side": frozenset({"short"})})),
        ("is:win", StoreTerms(won=True)),
        ("is:loss", StoreTerms(won=False)),
        ("at>2025-10-27", StoreTerms(since=MIDNIGHT + TICK)),
        ("at>=2025-10-27", StoreTerms(since=MIDNIGHT)),
        ("at<2025-10-27", StoreTerms(until=MIDNIGHT - TICK)),
        ("at<=2025-10-27", StoreTerms(until=MIDNIGHT)),
        ("at:2025-10-27", StoreTerms(since=MIDNIGHT, until=MIDNIGHT + timedelta(days=1) - TICK)),
        (
            "at>=2025-10-26 at>=2025-10-27 at<=now at<=today",
            StoreTerms(since=MIDNIGHT, until=MIDNIGHT + timedelta(days=1)),
        ),
    ],
)  # fmt: skip
def test_a_store_selects_ids_sides_results_and_times(text: str, store: StoreTerms) -> None:
    assert split(text) == StoreSplit(store, parse_filter("", TRADE_FIELDS, NOW))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("coin:btc net<-100 is:win /a+/", "net<-100 /a+/"),
        ("!coin:btc coin!=eth", "!coin:btc coin!=eth"),
        ("is:win,loss is:open !is:long", "is:win,loss is:open !is:long"),
        ("is:win is:loss", "is:loss"),
        ("at:today,yesterday", "closed:today,yesterday"),
        ("at<0001-01-01", "closed<0001-01-01"),
        ("claude !btc", "claude !btc"),
        ("model:claude kind:opened", "model:claude kind:opened"),
    ],
)
def test_the_rest_is_left_in_its_order(text: str, rest: str) -> None:
    assert render_filter(split(text).rest) == rest


@pytest.mark.parametrize("text", ["coin:btc trader:gpt is:win is:acting is:long at>today claude"])
def test_a_store_without_abilities_leaves_everything(text: str) -> None:
    row_filter = parse_filter(text, TRADE_FIELDS, NOW)
    assert split(text, NOTHING) == StoreSplit(StoreTerms(), row_filter)


def test_a_store_that_takes_one_coin_gets_one_or_leaves_the_terms() -> None:
    assert split("coin:btc", DECISIONS) == StoreSplit(
        StoreTerms(ids={"coin": frozenset({"BTC"})}), parse_filter("", TRADE_FIELDS, NOW)
    )
    several = split("coin:b is:acting", DECISIONS)
    assert several.store == StoreTerms(acting=True)
    assert render_filter(several.rest) == "coin:b"


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("liquidity", '"liquidity"', ""),
        ('liquidity "take profit" !hold', '"liquidity" "take profit" -"hold"', ""),
        ("!buy|sell", '-"buy" -"sell"', ""),
        ("buy|sell btc", '"buy" "btc" or "sell" "btc"', ""),
        ("→ btc", '"btc"', "→"),
        ('"say \\"no\\""', '"say  no "', ""),
        ("coin:btc macd /a/", '"macd"', "/a/"),
        ("a|b|c|d e|f|g|h i|j", 'a|b|c|d e|f|g|h', "i|j"),
        ("/a/", None, "/a/"),
    ],
)  # fmt: skip
def test_words_become_a_web_search_of_the_long_texts(text: str, words: str | None, rest: str) -> None:
    halves = split(text, DECISIONS)
    assert render_filter(halves.rest) == rest
    if words is not None and words.startswith("a|"):
        assert halves.store.words is not None
        assert halves.store.words.count(" or ") == 15
    else:
        assert halves.store.words == words


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("coin:sol", True),
        ("coin:btc coin:eth", True),
        ("at>today at<yesterday", True),
        ("coin:btc at>yesterday at<now", False),
        ("", False),
    ],
)
def test_contradictions_need_no_query(text: str, nothing: bool) -> None:
    assert split(text).store.matches_nothing is nothing


def selected(store: StoreTerms, row: TradeRow) -> bool:
    """What a store does: equality, ranges, and a result above zero or not."""
    values = {"trader": row.trader, "coin": row.coin, "side": row.side, "season": row.season}
    return (
        all(values[role] in ids for role, ids in store.ids.items())
        and (store.since is None or (row.closed is not None and row.closed >= store.since))
        and (store.until is None or (row.closed is not None and row.closed <= store.until))
        and (store.won is None or ("win" if store.won else "loss") in row.flags)
    )


CLOSINGS = [MIDNIGHT + timedelta(hours=hours) + step * TICK for hours in (0, 24, 31) for step in (-1, 0, 1)]
rows = st.builds(
    TradeRow,
    trader=st.sampled_from(list(NAMES)),
    name=st.just(""),
    coin=st.sampled_from(["BTC", "BNB", "ETH", None]),
    side=st.sampled_from(["long", "short", None]),
    season=st.sampled_from(["season-1", "season-1-5"]),
    closed=st.none() | st.sampled_from(CLOSINGS),
    flags=st.sampled_from([("win",), ("loss",), ()]),
).map(lambda row: replace(row, name=(*NAMES[row.trader], row.trader)[0]))
pieces = st.sampled_from(
    [
        *(
            "trader:gpt",
            "trader=gpt-5",
            "!trader:qwen",
            'trader:"claude s"',
            "coin:b",
            "coin=eth",
            "coin!=btc",
        ),
        *("season:season-1", "season=season-1", "side:l", "is:short", "is:long,short", "is:win", "is:loss"),
        *(
            "at>yesterday",
            "at>=today",
            "at<today",
            "at<=now",
            "at:yesterday",
            "at!=today",
            "net>0",
            "claude|gpt",
        ),
    ]
)


@given(st.lists(pieces, max_size=5), rows, st.sampled_from([TRADES, ONE_COIN_AND_SIDE]))
def test_a_row_passes_where_the_store_selects_it_and_the_rest_holds(
    texts: list[str], row: TradeRow, ability: StoreAbility
) -> None:
    row_filter = parse_filter(" ".join(texts), TRADE_FIELDS, NOW)
    halves = split_for_store(row_filter, TRADE_FIELDS, ability)
    whole = plain_predicate(row_filter.plain, TradeReader())(row)
    rest = plain_predicate(halves.rest.plain, TradeReader())(row)
    assert (selected(halves.store, row) and rest) is whole
    if halves.store.matches_nothing:
        assert not whole
