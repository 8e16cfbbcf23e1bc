"""What stands where there is nothing to show: what is missing, why, and what can be done about it."""

from __future__ import annotations

from datetime import datetime

from nof1tui.domain.board import Board
from nof1tui.domain.health import FeedHealth
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import WALLET_SEASON
from nof1tui.tui.style import format as fmt

EmptyStateText = tuple[str, ...]
"""What is missing first; then, each on a line of its own, why and what to do."""

FEED_NOUNS = {
    Feed.ACCOUNTS: "account values",
    Feed.TRADES: "trades",
    Feed.DECISIONS: "decisions",
    Feed.PRICES: "prices",
}
"""What the feeds bring, in the words of a reader."""
WALLETS_HAVE_NO_CHAT = "Wallets do not chat."
_FEEDS_HINT = "8 shows every feed, r asks now."


def empty_state(
    board: Board, feed: Feed, nothing: str, first: EmptyStateText, now: datetime
) -> EmptyStateText:
    """Why a list that this feed fills has no row.

    `nothing` is what it says when there truly is none, `first` before the first answer of all.
    """
    if is_feed_absent(board, feed):
        return (
            WALLETS_HAVE_NO_CHAT,
            "The chain tells what they do, not why.",
            "2 shows positions, 3 trades, 7 what happened.",
        )
    if board.as_of is not None:
        return _of_the_past(board, nothing, board.as_of)
    health = board.health.feed(feed)
    things = FEED_NOUNS.get(feed, feed.value)
    if health.failure is not None:
        return _failed(health, things, now)
    if health.loading is not None:
        size, records = fmt.byte_size(health.loading.body_bytes), fmt.number(health.loading.records)
        return f"Loading {things} …", f"{size} and {records} records so far."
    if health.last_ok_at is None:
        return _unheard(board, nothing, things, first)
    return (
        nothing,
        f"Upstream answered {fmt.age((now - health.last_ok_at).total_seconds())} ago. {_FEEDS_HINT}",
    )


def no_match_text(pattern: str) -> str:
    """For a list that has rows, none of which the filter lets pass."""
    return f"Nothing passes /{fmt.sanitise_line(pattern.strip(), 24)}; esc clears it."


def is_feed_absent(board: Board, feed: Feed) -> bool:
    """Whether what this feed would bring does not exist in this arena."""
    season = board.season or board.roster.open_season
    return feed is Feed.DECISIONS and season.slug == WALLET_SEASON.slug


def has_decisions(account: AccountKey) -> bool:
    """Whether decisions of an account can be known: a wallet tells none."""
    return account.season != WALLET_SEASON.slug


def stopped_state(nothing: str, stopped: str) -> EmptyStateText:
    """For a list without rows when nothing new will come."""
    return nothing, stopped


def missing_trader_state(board: Board, name: str) -> EmptyStateText:
    """For the screen of a trader that the board does not know."""
    if board.as_of is not None:
        return (
            f"{name} had no account yet at {fmt.moment(board.as_of)}.",
            "] and } go on in time, L returns to now, esc goes back.",
        )
    season = fmt.sanitise_line(board.season.name, 28) if board.season else "what is shown"
    return f"{name} has no account in {season}.", "n shows another trader, esc goes back."


def _of_the_past(board: Board, nothing: str, as_of: datetime) -> EmptyStateText:
    onward = "] and } go on in time, L returns to now."
    if not board.accounts:
        return f"Nothing was recorded up to {fmt.moment(as_of)}.", onward
    return nothing, f"As known at {fmt.moment(as_of)}. {onward}"


def _failed(health: FeedHealth, things: str, now: datetime) -> EmptyStateText:
    """A feed that has never answered, or answers no more."""
    retry = health.retry_at
    again = f"Asked again in {fmt.age((retry - now).total_seconds())}. " if retry and retry > now else ""
    return (
        f"No {things}: upstream does not answer.",
        fmt.sanitise_line(health.failure or "", 300),
        again + _FEEDS_HINT,
    )


def _unheard(board: Board, nothing: str, things: str, first: EmptyStateText) -> EmptyStateText:
    """A feed of which no answer has come in this run."""
    store = board.health.store
    if board.accounts:
        return nothing, f"That is what the store says; {things} have not been fetched yet. {_FEEDS_HINT}"
    if store.role == "viewer" and store.collector is None:
        return (
            "The store is empty, and nobody collects into it.",
            "`nof1-tui collect` where it may be written to fills it; what comes is shown here at once.",
        )
    if store.role in ("viewer", "follower"):
        who = fmt.sanitise_line(store.collector or "another instance", 40)
        return "The store is still empty.", f"{who} collects; what it writes is shown here at once."
    failed = any(health.failure is not None for health in board.health.feeds.values())
    return (f"Waiting for the first {things} …", _FEEDS_HINT) if failed else (*first, _FEEDS_HINT)
