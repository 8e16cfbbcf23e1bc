"""What an endpoint is: path, parameters, scope, formats. Routing, checks and OpenAPI derive from it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nof1tui.ports.tokens import Scope

ParameterKind = Literal["moment", "text", "choice", "count", "flag", "cursor", "filter", "names"]
BodyFormat = Literal["json", "ndjson", "csv"]
FORMATS: tuple[BodyFormat, ...] = ("json", "ndjson", "csv")
MOST_ROWS = 500
ROWS_OF_PAGE = 50


class Parameter(Struct, frozen=True):
    """A query parameter."""

    name: str
    kind: ParameterKind
    description: str
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int = MOST_ROWS
    """Largest value of a count; of a text its longest length."""


class Endpoint(Struct, frozen=True):
    """A GET endpoint. A path holds at most one `{id}`, as its last part."""

    path: str
    name: str
    summary: str
    scope: Scope | None
    """Scope of the tokens that may read it; None: open to all."""
    parameters: tuple[Parameter, ...] = ()
    document: str | None = None
    """The document of `docs/schemas` that the body is; None where it has a shape of its own."""
    formats: tuple[BodyFormat, ...] = ("json",)
    paged: bool = False

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of this name, or None."""
        return next((its for its in self.parameters if its.name == name), None)


AS_OF = Parameter("as_of", "moment", "As of this past time; relative times count from now.")
SINCE = Parameter("since", "moment", "From this time; relative times count from `as_of`.")
UNTIL = Parameter("until", "moment", "Up to this time.")
TRADER = Parameter("trader", "text", "Only this trader: its id or name, or `id@competition`.", most=200)
COIN = Parameter("coin", "text", "Only this coin.", most=100)
COMPETITION = Parameter("competition", "text", "Only accounts of this competition.", most=100)
SEASON = Parameter("season", "text", "Only this season, by its slug. Default: all.", most=100)
SIDE = Parameter("side", "choice", "Only this side.", choices=("long", "short"))
WHERE = Parameter("where", "filter", "A filter over the keys of a row: `net_usd<-100 coin:btc`.", most=1_000)
LIMIT = Parameter("limit", "count", f"Rows of a page; {ROWS_OF_PAGE} if it is missing.", least=1)
CURSOR = Parameter("cursor", "cursor", "`next` of the page before.", most=400)
TOTALS = Parameter("totals", "flag", "Also sums over all rows that match, whatever the page.")
FORMAT = Parameter("format", "choice", "Format of the body, instead of `Accept`.", choices=FORMATS)
ARENA = Parameter("arena", "text", "The arena; it must be the one that is served.", most=100)
_BOARD = (AS_OF, TRADER, COMPETITION, WHERE, ARENA, FORMAT)
_PAGE = (AS_OF, TRADER, COIN, COMPETITION, SEASON, SINCE, UNTIL, WHERE, LIMIT, CURSOR, ARENA, FORMAT)


def _rows(
    name: str, summary: str, parameters: tuple[Parameter, ...], document: str | None = None
) -> Endpoint:
    return Endpoint(f"/v1/{name}", name, summary, "read", parameters, document or name, FORMATS)


def _pages(name: str, summary: str, *more: Parameter, document: str | None = None) -> Endpoint:
    return Endpoint(
        f"/v1/{name}", name, summary, "read", (*more, *_PAGE), document or name, FORMATS, paged=True
    )


def api_endpoints(event_kinds: tuple[str, ...]) -> tuple[Endpoint, ...]:
    """Every endpoint but those of nof1's API."""
    kind = Parameter("kind", "names", "Only these kinds of events, separated by commas.", choices=event_kinds)
    direction = Parameter("direction", "choice", "Which side of `around`.", choices=("before", "after"))
    around = Parameter("around", "moment", "The time beside which to look; now if it is missing.")
    points = Parameter(
        "points", "count", "Most points of each line; 500 if it is missing.", least=2, most=2_000
    )
    topics = Parameter("topics", "names", "Topics, separated by commas; `board` if it is missing.")
    steps_limit = Parameter("limit", "count", "Most times; 50 if it is missing.", least=1, most=200)
    return (
        Endpoint("/v1", "index", "The season, the span of the records, and all routes.", "read", (ARENA,)),
        Endpoint("/v1/seasons", "seasons", "Known seasons.", "read", (ARENA,)),
        Endpoint("/v1/traders", "traders", "Known traders.", "read", (ARENA,)),
        Endpoint("/v1/traders/{id}", "trader", "One trader: accounts and positions.", "read", (AS_OF, ARENA)),
        _rows("leaderboard", "Accounts by rank.", _BOARD),
        _rows("positions", "Open positions.", (COIN, *_BOARD)),
        _rows("coins", "Coins with price and exposure.", (AS_OF, COIN, WHERE, ARENA, FORMAT)),
        _rows("prices", "The newest price of each coin.", (AS_OF, COIN, WHERE, ARENA, FORMAT)),
        _rows("stats", "Every figure of every account.", (SINCE, *_BOARD)),
        _pages("trades", "Closed trades, newest first.", SIDE, TOTALS),
        _pages("events", "Events, newest first.", SIDE, kind),
        _pages("decisions", "Decisions of the models, newest first, without long texts.", document="chat"),
        Endpoint("/v1/decisions/{id}", "decision", "Long texts of a decision.", "texts", (ARENA,)),
        Endpoint(
            "/v1/series/equity", "equity_series", "Equity by time: `{id: {t: [ms], v: [USD]}}`.", "read",
            (SINCE, UNTIL, TRADER, points, ARENA),
        ),
        Endpoint(
            "/v1/series/price", "price_series", "Prices by time: `{coin: {t: [ms], v: [USD]}}`.", "read",
            (SINCE, UNTIL, COIN, points, ARENA),
        ),
        Endpoint(
            "/v1/steps", "steps", "Times at which accounts were observed, nearest first.", "read",
            (around, direction, steps_limit, ARENA),
        ),
        Endpoint("/v1/status", "status", "State of store, collector and feeds.", "read", (ARENA,), "status"),
        Endpoint("/v1/alerts", "alerts", "Alert rules.", "read", (ARENA,), "alerts"),
        Endpoint("/v1/stream", "stream", "Live events (text/event-stream).", "stream", (topics,)),
        Endpoint("/v1/openapi.json", "openapi", "This API as OpenAPI 3.1.", None),
        Endpoint("/docs", "docs", "Documentation page.", None),
        Endpoint("/docs/problems", "problems", "The problems that an answer may be.", None),
        Endpoint("/docs/docs.js", "docs_script", "Script of the documentation page.", None),
        Endpoint("/docs/docs.css", "docs_style", "Style of the documentation page.", None),
        Endpoint("/metrics", "metrics", "Metrics, as Prometheus text or OpenMetrics.", "metrics"),
        Endpoint("/healthz", "healthz", "Whether the process lives.", None),
        Endpoint("/readyz", "readyz", "Whether the store answers and the board is recent.", None),
    )  # fmt: skip
