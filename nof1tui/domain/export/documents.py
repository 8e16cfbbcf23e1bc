"""The documents that commands print: which figures are keys of their rows, in which order."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from nof1tui.domain.figures import catalogue, shapes
from nof1tui.domain.figures.figure import Figure, Member, SubjectKind

_OWN_SUBJECT: dict[str, SubjectKind] = {
    "stats": "account",
    "positions": "position",
    "trades": "trade",
    "coins": "coin",
    "feeds": "feed",
    "chat": "decision",
    "events": "event",
}
"""Documents that hold every figure of a subject; the others hold those whose `documents` name them."""


ENVELOPE = (
    Member("as_of", "time", "Past time of the records; null for the newest.", nullable=True),
    Member("since", "time", "Start of the span; null for all records.", nullable=True),
    Member("source", "text", "Source of the records."),
)
"""Keys of every document of `show`, after `what`."""


class Document(Struct, frozen=True):
    """A kind of row, by the word that selects it: `leaderboard`, `stats`, …"""

    what: str
    subject: SubjectKind
    first: tuple[str, ...]
    """Keys at the start of a row and of a CSV header; other figures follow in the catalogue's order."""
    optional: frozenset[str] = frozenset()
    """Keys of long texts, which a row has where they are asked for."""
    extra: tuple[Member, ...] = ()
    """Keys of the document of `show`, beside `ENVELOPE` and `rows`."""
    never_null: frozenset[str] = frozenset()
    """Keys of figures that may be unknown elsewhere, but not here."""

    def figures(self, *, full: bool = False) -> tuple[Figure[Any], ...]:
        """The figures of a row, in order; with the optional ones if `full`."""
        declared = catalogue.default_catalogue()
        first = [_figure_of_key(declared, self.subject, key) for key in self.first]
        more = [figure for figure in declared.of(self.subject) if self._holds(figure)]
        return tuple(
            replace(its, nullable=False) if its.key in self.never_null else its
            for its in (*first, *more)
            if full or its.key not in self.optional
        )

    def keys(self, *, full: bool = False) -> tuple[str, ...]:
        """The keys of a row, which are the columns of its CSV."""
        return tuple(figure.key for figure in self.figures(full=full))

    def _holds(self, figure: Figure[Any]) -> bool:
        """Whether the figure follows those of `first`."""
        if figure.key in self.first:
            return False
        return _OWN_SUBJECT.get(self.what) == self.subject or self.what in figure.documents


def _figure_of_key(declared: catalogue.Catalogue, subject: SubjectKind, key: str) -> Figure[Any]:
    """The figure with this key; one of a former key keeps that key, so that scripts find it."""
    figure = declared.get(subject, key)
    if figure.key == key:
        return figure
    return replace(figure, key=key, description=f"Former key of {figure.key}: {figure.description}")


_LEADERBOARD = (
    *("rank", "trader", "name", "maker", "season", "competition", "equity_usd", "return_pct"),
    *("change_24h_pct", "unrealized_usd", "realized_usd", "positions", "exposure_gross", "exposure_net"),
    *("max_drawdown_pct", "sharpe", "sharpe_reported", "win_rate_pct", "trades", "fees_usd"),
    *("biggest_win_usd", "biggest_loss_usd", "observed_at", "n", "leverage", "rank_change", "net_usd"),
    *("chain", "drift_usd", "drift_pct"),
)
_STATS = (
    *("excess_pct", "volatility_pct", "sortino", "max_drawdown_daily_pct", "drawdown_pct", "underwater_s"),
    *("longest_underwater_s", "cagr_pct", "calmar", "omega", "var95_pct", "cvar95_pct", "beta"),
    *("correlation", "profit_factor", "payoff", "expectancy_usd", "hold_mean_s", "hold_median_s"),
    *("fee_share_pct", "leverage_used", "leverage_highest", "margin_share_pct", "nearest_stop_pct"),
    *("nearest_liquidation_pct", "longest_win_streak", "longest_loss_streak", "current_streak"),
    *("reasons", "upstream"),
)
LEADERBOARD = Document("leaderboard", "account", _LEADERBOARD)
STATS = Document(
    "stats",
    "account",
    _LEADERBOARD + _STATS,
    extra=(
        Member(
            "correlations",
            "object",
            "Correlation of hourly returns between the accounts of the rows, in their order.",
            members=shapes.CORRELATIONS,
        ),
    ),
)
EQUITY = Document(
    "equity",
    "account",
    (
        *("trader", "observed_at", "equity_usd", "return_pct", "realized_usd", "unrealized_usd"),
        *("sharpe_reported", "positions", "fetched_at", "name", "season", "competition"),
    ),
)
POSITIONS = Document(
    "positions",
    "position",
    (
        *("trader", "coin", "side", "quantity", "entry_price", "mark_price", "leverage", "notional_usd"),
        *("unrealized_usd", "liquidation_price", "stop_loss", "profit_target", "invalidation", "confidence"),
        *("risk_usd", "entry_at", "observed_at", "margin_usd", "name", "season", "competition"),
    ),
)
TRADES = Document(
    "trades",
    "trade",
    (
        *("id", "trader", "coin", "side", "quantity", "entry_price", "exit_price", "entry_at", "exit_at"),
        *("held_s", "gross_usd", "fees_usd", "net_usd", "name", "season", "competition"),
    ),
    extra=(
        Member(
            "totals", "object", "Sums over all trades that match, whatever the limit.", members=shapes.TOTALS
        ),
        Member("by_trader", "object", "The same by trader.", item_unit="object", members=shapes.TOTALS),
    ),
)
PRICES = Document(
    "prices",
    "coin",
    ("coin", "price", "observed_at"),
    never_null=frozenset(("price", "observed_at")),
)
COINS = Document(
    "coins",
    "coin",
    (
        *("coin", "price", "observed_at", "exposure_gross", "exposure_net"),
        *("longs", "shorts", "alone", "holders", "holdings"),
    ),
)
CHAT = Document(
    "chat",
    "decision",
    (
        *("id", "trader", "at", "summary", "signals", "answer_failed", "name", "season", "competition"),
        *("reasoning", "prompt", "answer"),
    ),
    optional=frozenset(("reasoning", "prompt", "answer")),
)
EVENTS = Document(
    "events",
    "event",
    (
        *("id", "at", "kind", "trader", "coin", "side", "quantity", "price", "leverage", "net_usd", "other"),
        *("detail", "name", "season", "competition", "value", "before", "stop_loss", "profit_target"),
        *("stop_loss_before", "profit_target_before", "feed", "reason"),
    ),
)
FEEDS = Document(
    "feeds",
    "feed",
    (
        *("feed", "age_s", "last_ok_at", "last_error", "status", "requests", "not_modified", "errors"),
        *("quarantined", "coerced", "notice", "newest_at", "retry_at"),
    ),
)
"""Of `status --json`: an item of `feeds`."""
STATUS = Document(
    "status", "arena", ("state", "source", "collector", "store", "clock_skew_s", "chain", "drift")
)
DOCUMENTS = {
    document.what: document
    for document in (
        *(LEADERBOARD, STATS, EQUITY, POSITIONS, TRADES, PRICES, COINS, CHAT, EVENTS, FEEDS, STATUS),
    )
}
