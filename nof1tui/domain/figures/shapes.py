"""Members of figures that are lists or objects, in the order in which they are written."""

from __future__ import annotations

from nof1tui.domain.figures.figure import Member

SIDES = ("long", "short")

ACCOUNT = (
    Member("trader", "text", "Id of the trader."),
    Member("season", "text", "Season."),
    Member("competition", "text", "Competition; null where a trader has one account.", nullable=True),
)

UPSTREAM = (
    Member("figure", "text", "Key of the figure."),
    Member("ours", "ratio", "As computed here, in the figure's unit.", nullable=True),
    Member("theirs", "ratio", "As the API reports it, in the figure's unit.", nullable=True),
    Member("why", "text", "Why the two differ; null where they agree or one is unknown.", nullable=True),
)

BASIS = (
    Member("n", "count", "Observations behind the value.", nullable=True),
    Member("counted", "text", "What the observations are."),
    Member("ci_low", "ratio", "Lower end of the 95 % interval, in the figure's unit.", nullable=True),
    Member("ci_high", "ratio", "Upper end of the 95 % interval, in the figure's unit.", nullable=True),
    Member("reason", "text", "Why the value is missing or weak.", nullable=True),
    Member("marks", "list", "`weak`, and other marks of the value.", item_unit="text"),
    Member("source", "choice", "Where the value comes from.",
           choices=("reported", "computed", "chain", "collector", "config")),
)  # fmt: skip
"""Of each figure that has a number of observations."""

_RATES = (
    Member("trades", "count", "Closed trades."),
    Member("net_usd", "usd", "Net P&L of the trades, as reported."),
    Member("win_rate_pct", "pct", "Share of trades with net P&L above 0.", nullable=True),
    Member("n", "count", "Trades with a known result."),
    Member("reason", "text", "Why the win rate is missing or weak.", nullable=True),
    Member("share_pct", "pct", "Share of all trades, by count."),
)
BY_SIDE = (Member("side", "choice", "long or short.", choices=SIDES), *_RATES)
BY_COIN = (Member("coin", "text", "Coin or market."), *_RATES)

CALIBRATION = (
    Member("low", "fraction", "Lowest stated confidence of the bucket."),
    Member("high", "fraction", "Upper end of the bucket; part of it only at 1."),
    Member("stated_pct", "pct", "Mean stated confidence.", nullable=True),
    Member("won_pct", "pct", "Share of entries with a net gain.", nullable=True),
    Member("net_usd", "usd", "Mean net P&L of an entry.", nullable=True),
    Member("n", "count", "Closed entries."),
    Member("reason", "text", "Why the shares are missing or weak.", nullable=True),
)

STOP_OUTCOMES = (
    Member("target", "count", "Target reached."),
    Member("before", "count", "Closed early, before stop and target."),
    Member("kept", "count", "Stop filled."),
    Member("overrun", "count", "Stop overrun: filled worse than the stop."),
)

HOLDINGS = (
    Member("trader", "text", "Id of the trader."),
    Member("competition", "text", "Competition; null where a trader has one account.", nullable=True),
    Member("side", "choice", "Side; null where positions cancel out.", nullable=True, choices=SIDES),
    Member("notional_usd", "usd", "Size at the mark; a short is below 0.", nullable=True),
    Member("share", "multiple", "Signed notional over the account's equity.", nullable=True),
)

CAUSED = (
    Member("act", "choice", "Whether the order opened or closed a position.", choices=("open", "close")),
    Member("side", "choice", "Side of the position.", nullable=True, choices=SIDES),
    Member("at", "time", "Time of the order."),
    Member("to_fill_s", "seconds", "Time from decision to order; below 0: the order was stamped first."),
    Member("order", "id", "Order id.", nullable=True),
    Member("trades", "list", "Ids of the trades that the order opened or closed.", item_unit="id"),
    Member("net_usd", "usd", "Net P&L of those trades.", nullable=True),
)
"""Orders attributed to a signal."""

SIGNALS = (
    Member("coin", "text", "Coin or market."),
    Member("signal", "text", "`hold`, `buy_to_enter`, `sell_to_enter`, `close_position`, or as reported."),
    Member("quantity", "coins", "Size in coins.", nullable=True),
    Member("leverage", "multiple", "Leverage.", nullable=True),
    Member("profit_target", "price", "Stated target.", nullable=True),
    Member("stop_loss", "price", "Stated stop.", nullable=True),
    Member("risk_usd", "usd", "Stated risk.", nullable=True),
    Member("confidence", "fraction", "Stated confidence, 0 to 1.", nullable=True),
    Member("invalidation", "text", "Stated condition that ends the plan.", nullable=True),
    Member("justification", "text", "Stated reason.", nullable=True),
    Member("caused", "list", "Orders of the signal; null where they were not looked up.",
           nullable=True, members=CAUSED),
)  # fmt: skip

COLLECTOR = (
    Member("role", "choice", "Role of the process that holds the lease; none without a collector.",
           choices=("collector", "follower", "viewer", "none")),
    Member("holder", "text", "The collecting process: pid@host.", nullable=True),
    Member("since", "time", "When it started to collect.", nullable=True),
)  # fmt: skip

STORE = (
    Member("server", "text", "Address of the store, without secrets.", nullable=True),
    Member("revision", "text", "Revision of the schema.", nullable=True),
    Member("waiting", "count", "Records not yet written."),
    Member("rejected", "count", "Records that the store did not take, set aside."),
    Member("elsewhere", "count", "Records on this computer that wait for another store."),
    Member("rows", "object", "Rows by table; large tables are estimates.", item_unit="count"),
    Member("failure", "text", "Why the store could not be read; only where it could not.", required=False),
)

CHECK = (
    *ACCOUNT,
    Member("verdict", "choice", "Result of the comparison with the chain.",
           choices=("agrees", "checking", "drift", "unchecked")),
    Member("checked_at", "time", "Time of the comparison, or of the last attempt."),
    Member("reason", "text", "What differs, or why nothing was compared.", nullable=True),
    Member("drift_usd", "usd", "Difference of reported and on-chain values.", nullable=True),
    Member("drift_pct", "pct", "That difference, percent of on-chain equity.", nullable=True),
    Member("since", "time", "Start of a mismatch that has not ended.", nullable=True),
)  # fmt: skip

DRIFT = (
    Member("kind", "choice", "Difference from the API's contract, or from the chain.",
           choices=("schema", "chain")),
    Member("endpoint", "text", "Endpoint whose response differs.", required=False),
    Member("field", "text", "Field that differs.", required=False),
    Member("change", "text", "How it differs.", required=False),
    Member("sample", "text", "A value as received.", nullable=True, required=False),
    Member("seen_at", "time", "When it was first seen.", required=False),
    *(Member(its.key, its.unit, its.description, its.nullable, its.choices, required=False) for its in CHECK),
)  # fmt: skip

TOTALS = (
    Member("n", "count", "Closed trades."),
    Member("win_rate_pct", "pct", "Share of trades with net P&L above 0.", nullable=True),
    Member("fees_usd", "usd", "Fees."),
    Member("net_usd", "usd", "Net P&L as reported."),
    Member("gross_usd", "usd", "Gross P&L."),
    Member("profit_factor", "ratio", "Gross wins divided by gross losses.", nullable=True),
    Member("biggest_win_usd", "usd", "Largest net win of a trade.", nullable=True),
    Member("biggest_loss_usd", "usd", "Largest net loss of a trade.", nullable=True),
)
"""Of `show trades`: `totals`, and each item of `by_trader`."""

CORRELATIONS = (
    Member("returns", "choice", "Period of the returns.", choices=("hourly",)),
    Member("accounts", "list", "Accounts, in the order of rows and columns.", item_unit="text"),
    Member("matrix", "list", "Correlation of each pair, a list for each account.", item_unit="list",
           members=(Member("pair", "ratio", "Correlation of two accounts.", nullable=True),)),
    Member("n", "list", "Hours that both accounts have, a list for each account.", item_unit="list",
           members=(Member("pair", "count", "Hours that both accounts have."),)),
    Member("reasons", "list", "Why a value is missing or weak, a list for each account.", item_unit="list",
           members=(Member("pair", "text", "Why it is missing or weak.", nullable=True),)),
)  # fmt: skip
