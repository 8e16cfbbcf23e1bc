"""Keys of JSON documents whose rows are not views: `doctor`, `traders`, `alerts`, `--explain`, an alert."""

from __future__ import annotations

from typing import get_args

from nof1tui.domain.figures.figure import Member, Source, SubjectKind, Unit
from nof1tui.domain.records import Feed

_FEEDS = tuple(feed.value for feed in Feed)
SOURCES = ("nof1", "hyperliquid", "demo", "replay")

DOCTOR = (
    Member("ok", "flag", "Whether no check found a fault."),
    Member("checks", "list", "Checks, in the order in which they were made.", members=(
        Member("check", "text", "What was checked."),
        Member("state", "choice", "Result of the check.", choices=("ok", "warning", "fault", "skipped")),
        Member("found", "text", "What was found."),
        Member("do", "text", "How to fix it.", nullable=True),
    )),
)  # fmt: skip

TRADERS = (
    Member("what", "choice", "Kind of document.", choices=("traders",)),
    Member("source", "choice", "Source of the records.", choices=SOURCES),
    Member("rows", "list", "Known traders.", members=(
        Member("trader", "text", "Id of the trader."),
        Member("name", "text", "Display name of the trader."),
        Member("maker", "text", "Company that made the model.", nullable=True),
        Member("kind", "choice", "Model, or benchmark.", choices=("model", "benchmark")),
        Member("color", "text", "Colour in the dark theme: #rrggbb."),
        Member("wallet", "text", "Address of the wallet.", nullable=True),
        Member("capital_usd", "usd", "Starting capital in the config file.", nullable=True),
        Member("capital_from", "choice", "Where the starting capital comes from.",
               choices=("config", "deposits", "arena")),
        Member("known_from", "choice", "Where the trader is declared.", choices=("config", "program")),
    )),
)  # fmt: skip

WALLETS = (
    Member("what", "choice", "Kind of document.", choices=("wallets",)),
    Member("ok", "flag", "Whether every wallet can be watched."),
    Member("server", "text", "Address of the chain's API, without secrets."),
    Member("rows", "list", "Checked wallets.", members=(
        Member("trader", "text", "Id of the trader."),
        Member("wallet", "text", "Address of the wallet.", nullable=True),
        Member("state", "choice", "Result of the check.", choices=("ok", "warning", "fault")),
        Member("found", "text", "What was found."),
        Member("role", "text", "Role of the address on the chain.", nullable=True),
        Member("equity_usd", "usd", "Account value.", nullable=True),
        Member("positions", "count", "Open positions.", nullable=True),
        Member("capital_usd", "usd", "Net deposits.", nullable=True),
        Member("markets", "list", "Builder markets of its positions and recent fills.", item_unit="text"),
        Member("since_at", "time", "Time of the first account value.", nullable=True),
    )),
)  # fmt: skip

ALERTS = (
    Member("what", "choice", "Kind of document.", choices=("alerts",)),
    Member("rows", "list", "Alert rules, in the order of the config file.", members=(
        Member("name", "text", "Name of the rule."),
        Member("watches", "text", "Its condition or kinds of events, as parsed."),
        Member("of", "text", "Its subject, for people."),
        Member("metric", "text", "Figure that is watched; null for events.", nullable=True),
        Member("hysteresis", "ratio", "Distance to return before it may fire again, in the figure's unit.",
               nullable=True),
        Member("on", "list", "Kinds of events.", item_unit="text"),
        Member("trader", "text", "Trader; null: any.", nullable=True),
        Member("coin", "text", "Coin; null: any.", nullable=True),
        Member("feed", "choice", "Feed; null: any.", nullable=True, choices=_FEEDS),
        Member("cool_down_s", "seconds", "Shortest time between two alerts."),
        Member("to", "list", "Channels.", item_unit="text"),
        Member("at_start", "flag", "Whether it fires for a condition that is true at the start."),
    )),
)  # fmt: skip

ALERT = (
    Member("version", "count", "Version of the document: 1."),
    Member("id", "text", "Id of the alert; the same for every attempt to deliver it."),
    Member("at", "time", "Time of the alert."),
    Member("observed_at", "time", "Time of the record or event behind it.", nullable=True),
    Member("rule", "text", "Name of the rule."),
    Member("text", "text", "Rule and message in one line."),
    Member("words", "text", "Message in one line."),
    Member("trader", "text", "Id of the trader.", nullable=True),
    Member("competition", "text", "Competition; null where a trader has one account.", nullable=True),
    Member("season", "text", "Season.", nullable=True),
    Member("coin", "text", "Coin or market.", nullable=True),
    Member("feed", "choice", "Feed of records.", nullable=True, choices=_FEEDS),
    Member("metric", "text", "Figure that is watched; null for events.", nullable=True),
    Member("value", "ratio", "Value of the figure, in its unit.", nullable=True),
    Member("threshold", "ratio", "Value that it was compared with.", nullable=True),
    Member("event", "text", "Kind of event of a rule on events.", nullable=True),
    Member("test", "flag", "Whether `nof1-tui alerts test` sent it."),
)
"""What a command gets on stdin, and a webhook by POST."""

LOG_LINE = (
    Member("at", "time", "Time of the event."),
    Member("level", "choice", "Level.", choices=("debug", "info", "warning", "error", "critical")),
    Member("message", "text", "What happened."),
    Member("feed", "choice", "Feed of records.", choices=_FEEDS, required=False),
    Member("read", "count", "Records of the response.", required=False),
    Member("stored", "object", "New rows by table.", item_unit="count", required=False),
    Member("status", "count", "HTTP status of the response.", nullable=True, required=False),
    Member("traceback", "text", "Traceback of an internal error.", required=False),
)
"""A line of `collect --log-format json`."""

FIGURE = (
    Member("key", "text", "Key in documents, alert rules and sorts."),
    Member("subject", "choice", "What it describes.", choices=get_args(SubjectKind)),
    Member("unit", "choice", "Unit of its value.", choices=get_args(Unit)),
    Member("title", "text", "Title of its column."),
    Member("description", "text", "What it is."),
    Member("formula", "text", "How it is computed; null for a fact.", nullable=True),
    Member("source", "choice", "Where its value comes from.", choices=get_args(Source)),
    Member("minimum_n", "count", "Observations that it needs; 0: none."),
    Member("sound_n", "count", "Fewer observations make it weak; 0: never."),
    Member("counted", "text", "What the observations are.", nullable=True),
    Member("inputs", "list", "Keys of the figures that its formula takes.", item_unit="text"),
    Member("reported_as", "text", "The API's own field, and how it differs.", nullable=True),
    Member("aliases", "list", "Other names that are accepted.", item_unit="text"),
    Member("renamed_from", "list", "Former names, accepted with a notice.", item_unit="text"),
)
"""A row of `show WHAT --explain list`, and `figure` of `show WHAT --explain KEY`."""

EXPLAINED = (
    Member("trader", "text", "Id of the trader.", nullable=True),
    Member("season", "text", "Season.", nullable=True),
    Member("competition", "text", "Competition; null where a trader has one account.", nullable=True),
    Member("coin", "text", "Coin or market.", nullable=True),
    Member("id", "id", "Id of the trade, decision or event.", nullable=True),
    Member("n", "count", "Observations behind the value; null for a fact.", nullable=True),
    Member("counted", "text", "What the observations are.", nullable=True),
    Member("reason", "text", "Why the value is missing or weak.", nullable=True),
    Member("ci_low", "ratio", "Lower end of the 95 % interval, in the figure's unit.", nullable=True),
    Member("ci_high", "ratio", "Upper end of the 95 % interval, in the figure's unit.", nullable=True),
    Member("marks", "list", "`weak`, and other marks of the value.", item_unit="text"),
    Member("observed_at", "time", "Time of the record behind it.", nullable=True),
)
"""A row of `show WHAT --explain KEY`, beside `value` and `inputs`."""

FIGURES = (
    Member("what", "choice", "Kind of document.", choices=("figures",)),
    Member("rows", "list", "Figures of the table, in the order of its keys.", members=FIGURE),
)
