"""Texts of empty lists: what is missing, why, and what to do."""

from __future__ import annotations

from datetime import datetime

from nof1tui.domain.board import Board
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import WALLET_SEASON
from nof1tui.tui.style import format as fmt

EmptyStateText = tuple[str, ...]
"""Lines: what is missing first, then why and what to do."""

FEED_NOUNS = {
    Feed.ACCOUNTS: "account values",
    Feed.TRADES: "trades",
    Feed.DECISIONS: "decisions",
    Feed.PRICES: "prices",
}
"""The records of each feed, as a plural noun."""
WALLETS_HAVE_NO_CHAT = "No decisions: wallets have no chat feed."
_FEEDS_HINT = "8 feeds · r poll now"


def empty_state(
    board: Board, feed: Feed, no_records: str, waiting: EmptyStateText, now: datetime
) -> EmptyStateText:
    """Why a list of this feed's records has no row.

    `no_records` is the headline when the feed has responded without records, `waiting` the text before
    the first response of any feed.
    """
    if is_feed_absent(board, feed):
        return WALLETS_HAVE_NO_CHAT, "2 positions · 3 trades · 7 events"
    if board.as_of is not None:
        return _past_state(board, no_records, board.as_of)
    health = board.health.feed(feed)
    noun = FEED_NOUNS.get(feed, feed.value)
    if health.failure is not None:
        return _failed_state(health, noun, now)
    if health.loading is not None:
        size, records = fmt.byte_size(health.loading.body_bytes), fmt.number(health.loading.records)
        return f"Loading {noun} …", f"{size}, {records} records received"
    if health.last_ok_at is None:
        return _unpolled_state(board, no_records, noun, waiting)
    response_age = fmt.age((now - health.last_ok_at).total_seconds())
    return no_records, f"Last response {response_age} ago. {_FEEDS_HINT}"


def no_match_text(pattern: str, rows: int) -> str:
    """For a list of `rows` rows of which none matches the filter."""
    noun = "row" if rows == 1 else "rows"
    return f"No match for {fmt.sanitise_line(pattern.strip(), 24)} ({rows:,} {noun}). esc clears."


def is_feed_absent(board: Board, feed: Feed) -> bool:
    """Whether the arena does not have this feed."""
    season = board.season or board.roster.open_season
    return feed is Feed.DECISIONS and season.slug == WALLET_SEASON.slug


def has_decisions(account: AccountKey) -> bool:
    """Whether an account has decisions: wallets have none."""
    return account.season != WALLET_SEASON.slug


def stopped_state(no_records: str, stopped: str) -> EmptyStateText:
    """For a list without rows after the engine ended; `stopped` says why it ended."""
    return no_records, stopped


def missing_trader_state(board: Board, name: str) -> EmptyStateText:
    """For the screen of a trader that is not on the board."""
    if board.as_of is not None:
        return f"{name} had not joined by {fmt.moment(board.as_of)}.", f"{_FORWARD_HINT} · esc back"
    season = fmt.sanitise_line(board.season.name, 28) if board.season else "this season"
    return f"{name} is not in {season}.", "n next trader · esc back"


_FORWARD_HINT = "] } forward · L live"


def _past_state(board: Board, no_records: str, as_of: datetime) -> EmptyStateText:
    if not board.accounts:
        return f"No data before {fmt.moment(as_of)}.", _FORWARD_HINT
    return no_records, f"As of {fmt.moment(as_of)}. {_FORWARD_HINT}"


def _failed_state(health: FeedHealth, noun: str, now: datetime) -> EmptyStateText:
    """For a feed whose last poll failed."""
    retry = health.retry_at
    retry_text = f"Retrying in {fmt.age((retry - now).total_seconds())}. " if retry and retry > now else ""
    return (
        f"No {noun}: the API is not responding.",
        fmt.sanitise_line(health.failure or "", 300),
        retry_text + _FEEDS_HINT,
    )


def _unpolled_state(board: Board, no_records: str, noun: str, waiting: EmptyStateText) -> EmptyStateText:
    """For a feed without a response since the start of the program."""
    store = board.health.store
    if board.accounts:
        return no_records, f"From the store; {noun} not fetched yet. {_FEEDS_HINT}"
    if store.role == "viewer" and store.collector is None:
        return (
            "The store is empty and no collector is running.",
            "Start one with `nof1-tui collect`; data appears here automatically.",
        )
    if store.role in ("viewer", "follower"):
        collector = fmt.sanitise_line(store.collector or "another instance", 40)
        return "The store is still empty.", f"{collector} is collecting; data appears here automatically."
    failed = any(health.failure is not None for health in board.health.feeds.values())
    return (f"Waiting for the first {noun} …", _FEEDS_HINT) if failed else (*waiting, _FEEDS_HINT)
