"""Comments of tables, columns and the sequence in plain English.

Revision 0007, after 0006.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = ""
"""Key of a table's own comment in COMMENTS."""
COMMENTS = {
    "account_snapshots": {
        TABLE: (
            "One observation of one account; a row rewritten upstream is a new observation",
            "Observations of accounts; a row rewritten by the API is a new observation",
        ),
        "ts": ("The row's own time", "Time of the row as reported"),
        "account_id": ("Whose", "Account"),
        "fetched_at": ("When it was fetched", "Time of the fetch"),
        "equity": ("USD; dollar_equity, the authority", "USD; dollar_equity"),
        "return_pct": ("Percent; cum_pnl_pct as it came", "Percent; cum_pnl_pct as reported"),
        "realized": ("USD; realized_pnl as it came", "USD; realized_pnl as reported"),
        "unrealized": ("USD; total_unrealized_pnl as it came", "USD; total_unrealized_pnl as reported"),
        "sharpe": (
            "sharpe_ratio as it came; definition unknown",
            "sharpe_ratio as reported; definition unknown",
        ),
        "version_ids": (
            "position_versions held, in step with the arrays",
            "position_versions of the open positions, in the order of the arrays",
        ),
        "marks": ("USD; current_price of each", "USD; current_price of each position"),
        "unrealized_pnls": ("USD of each", "USD; unrealized_pnl of each position"),
        "margins": ("USD of each", "USD; margin of each position"),
        "liquidations": ("USD; liquidation_price of each", "USD; liquidation_price of each position"),
        "extra": ("Keys this program does not know", "Keys of the record that this program does not know"),
    },
    "accounts": {
        "id": ("Ours; means nothing outside this store", "Surrogate key of this store"),
        "competition_id": ("Its competition", "Competition"),
        "trader_id": ("Its trader", "Trader"),
        "inception_at": ("When it began; since-inception-values", "Inception time; since-inception-values"),
        "capital_usd": (
            "USD it began with; since-inception-values",
            "Starting capital in USD; since-inception-values",
        ),
        "inception_fetched_at": (
            "When the two were fetched",
            "Time of the fetch of inception_at and capital_usd",
        ),
    },
    "alert_deliveries": {
        TABLE: ("How alerts went out", "Deliveries of alerts, one per channel"),
        "alert_id": ("Which alert", "Alert"),
        "way": ("command or webhook", "Channel: command or webhook"),
        "at": ("Since when", "Time of the last state change"),
        "reason": ("Why it failed", "Reason of a failed delivery"),
    },
    "alert_watches": {
        TABLE: ("What is known of each subject of each rule", "State of each rule and subject"),
        "rule_id": ("Hash of what the rule means", "Hash of the rule's condition"),
        "subject": (
            "JSON: account, coin, feed; empty: since when the rule is judged",
            "JSON: account, coin, feed; empty: the rule's first evaluation",
        ),
        "beyond": ("The figure is beyond the value", "Whether the metric is beyond the threshold"),
        "since": ("When that was last seen to change", "Time of the last change of beyond"),
        "told_at": ("When an alert was last told", "Time of the last fired alert"),
        "version": (
            "Counts changes: tells two who judge at once apart",
            "Number of changes: detects concurrent evaluations",
        ),
    },
    "alerts": {
        TABLE: ("Rules of the config file that came true", "Fired alerts"),
        "id": (
            "Rule, subject and the moment it was seen in: the same whoever judged",
            "Rule, subject and time of the record: the same from every instance",
        ),
        "ts": ("When it was told", "Time at which the alert fired"),
        "observed_ts": (
            "Time of the record or event it was seen in",
            "Time of the record or event that met the rule",
        ),
        "rule": ("Name of the rule", "Name of the rule in the config file"),
        "rule_id": ("Hash of what the rule means", "Hash of the rule's condition"),
        "words": ("What it says", "Message"),
        "account_id": ("Whose", "Account"),
        "symbol_id": ("Of which coin", "Coin"),
        "feed": ("Of which feed", "Feed"),
        "metric": ("Which figure; null where it waited for an event", "Metric; null for a rule on events"),
        "value": ("The figure, in its own unit", "Value of the metric, in its unit"),
        "threshold": ("What it was compared with", "Threshold of the rule, in the metric's unit"),
        "event_id": ("The event that it waited for", "Event that met the rule; null for a rule on a metric"),
    },
    "analytics": {
        TABLE: ("Upstream's own statistics, as they came", "Statistics as reported by the API"),
        "account_id": ("Whose", "Account"),
        "updated_at": ("When upstream worked them out", "Time at which the API computed them"),
        "tables": ("Tables of figures, as they came", "Tables as reported by the API"),
        "fetched_at": ("When it was fetched", "Time of the fetch"),
    },
    "chain_checks": {
        TABLE: (
            "Accounts whose wallet is known against the chain, the newest check of each",
            "Newest reconciliation of each account with a known wallet against the chain",
        ),
        "account_id": ("Whose", "Account"),
        "checked_at": (
            "When the chain was last held against it, or that was tried",
            "Time of the last check or attempt",
        ),
        "reason": (
            "What differs, or why it was not checked",
            "Difference, or why the account was not checked",
        ),
        "drift": (
            "USD; arena less chain, or what differing positions are worth",
            "USD; reported equity less equity on chain, or value of differing positions",
        ),
        "drift_pct": ("Percent of the equity by the chain", "Percent of the equity on chain"),
        "since": ("When the drift was found", "Time at which the drift was detected"),
    },
    "collector_state": {
        TABLE: ("Who collects into this store", "The last elected collector"),
        "since": ("When it took the lead", "Time of its election"),
        "beat_at": ("Last sign of life", "Time of its last heartbeat"),
        "epoch": ("Elections so far", "Number of elections"),
    },
    "competitions": {
        TABLE: (
            "Competitions of a season; the empty slug is the only one of a plain season",
            "Competitions of a season; a season without competitions has one with an empty slug",
        ),
        "id": ("Ours; means nothing outside this store", "Surrogate key of this store"),
        "season_id": ("Its season", "Season"),
        "slug": (
            "Empty where the season has only one",
            "Key in the roster; empty where the season has no competitions",
        ),
    },
    "decisions": {
        TABLE: (
            "Model-chat cycles; upstream reaches back about half an hour",
            "Model-chat cycles; the API has about the last half hour",
        ),
        "account_id": ("Whose", "Account"),
        "ts": ("When the model was asked", "Time at which the model was queried"),
        "inserted_ts": ("When upstream stored it", "Time at which the API's backend stored it"),
        "run_id": ("As it came", "As reported by the API"),
        "skill": ("As it came", "As reported by the API"),
        "summary": ("What the site shows as chat", "Text that the site shows as chat"),
        "reasoning": (
            "Free text, or JSON of traders that expose none",
            "Free text; JSON for traders that expose no reasoning",
        ),
        "prompt": ("What the model was asked; user_prompt", "Prompt of the model; user_prompt"),
        "answer": (
            "JSON as answered; raw text of a failed answer",
            "Response as JSON; raw text of a malformed response",
        ),
        "answer_failed": ("The answer was not what was asked for", "Whether the response was malformed"),
        "signals": ("What it decided, coin by coin", "Signals, one per coin"),
        "extra": ("Keys this program does not know", "Keys of the record that this program does not know"),
        "content_hash": (
            "blake2b-128 over the record; tells a changed one",
            "blake2b-128 of the record, to detect revisions",
        ),
        "fetched_at": ("When it was fetched", "Time of the fetch"),
        "search": ("Words of summary and reasoning", "Full-text index of summary and reasoning"),
    },
    "equity_rollup": {
        TABLE: (
            "Equity (USD) by closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d",
            "Equity in USD per closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d",
        ),
        "width_s": ("Seconds of a bucket", "Width of the bucket in seconds"),
        "account_id": ("Whose", "Account"),
        "bucket": (
            "Its beginning, a multiple of its width since 1970 (UTC)",
            "Beginning of the bucket, a multiple of its width since 1970 (UTC)",
        ),
        "fall": (
            "Deepest fall from a peak inside, as a fraction",
            "Maximum drawdown inside the bucket, as a fraction ≤ 0",
        ),
        "first_ts": ("Of the first observation", "Time of the first observation"),
        "last_ts": ("Of the last observation", "Time of the last observation"),
        "low_ts": ("Of the earliest lowest value", "Time of the earliest lowest value"),
        "high_ts": ("Of the earliest highest value", "Time of the earliest highest value"),
        "n": ("Observations", "Number of observations"),
    },
    "events": {
        TABLE: (
            "What happened, derived from the records; the same event has the same id",
            "Events derived from the records; deriving an event again gives the same id",
        ),
        "id": (
            "Kind, account, coin and moment, or the trade's id",
            "Kind, account, coin and time, or the trade's id",
        ),
        "ts": ("Time of the record that tells it", "Time of the record that shows it"),
        "account_id": ("Whose; null of a feed", "Account; null for events of a feed"),
        "symbol_id": ("Its coin", "Coin"),
        "quantity": (
            "Coins, unsigned: the size, or by how much it changed",
            "Coins, unsigned: the size or its change",
        ),
        "leverage": ("A multiple", "Multiple of the margin"),
        "net": ("USD; result of a trade", "USD; net result of a trade"),
        "other_id": ("The other account: who lost the lead", "Other account: the previous leader"),
        "value": (
            "Rank, leverage, percent of the mark left until liquidation, or percent of the drift",
            "Rank, leverage, percent of the mark price to liquidation, or percent of drift",
        ),
        "was": ("What rank or leverage was before", "Previous rank or leverage"),
        "plan": (
            "Exit plan now: profit_target, stop_loss, invalidation",
            "New exit plan: profit_target, stop_loss, invalidation",
        ),
        "plan_was": ("Exit plan before", "Previous exit plan"),
        "feed": ("Which feed went down or came back", "Feed that went down or recovered"),
        "reason": ("Why it went down, or what differs", "Error of the feed, or difference of the drift"),
    },
    "feed_state": {
        TABLE: (
            "Health of each feed as its collector last saw it",
            "Health of each feed, as last reported by the collector",
        ),
        "feed": (
            "accounts, prices, trades, decisions, analytics, season",
            "Feed: accounts, prices, trades, decisions, analytics, season",
        ),
        "interval_s": ("Seconds between polls while healthy", "Poll interval in seconds while healthy"),
        "last_try_at": ("When it was last asked", "Time of the last poll"),
        "last_ok_at": ("When it last gave a usable answer", "Time of the last valid response"),
        "failure": (
            "Why the last try failed; null when it went well",
            "Error of the last poll; null if it succeeded",
        ),
        "status": ("HTTP status of the last answer", "HTTP status of the last response"),
        "retry_at": ("When it is asked again after a failure", "Time of the next poll after a failure"),
        "requests": ("Tries in all", "Number of polls"),
        "not_modified": ("Answers 304", "Number of 304 responses"),
        "errors": ("Tries that failed", "Number of failed polls"),
        "quarantined": ("Records that could not be decoded", "Number of undecodable records"),
        "latency_s": ("Seconds that the last answer took", "Latency of the last response in seconds"),
        "body_bytes": (
            "Bytes of the last answer, decompressed",
            "Size of the last response in bytes, decompressed",
        ),
        "coerced": (
            "Records with a value of another type than the contract's that could be read all the same",
            "Number of records with a value converted from another type than the contract's",
        ),
        "skew_s": (
            "Seconds that upstream's clock is ahead of the collector's; null when it never told",
            "Seconds by which the server's clock is ahead of the collector's; null where unknown",
        ),
        "behind_s": (
            "Seconds that the newest record of the last answer was older than one known before",
            "Seconds by which the newest record of the last response was older than a known one",
        ),
    },
    "position_versions": {
        TABLE: (
            "What does not move between polls of a position; addressed by content",
            "Contents of positions that do not change between polls, addressed by hash",
        ),
        "id": ("Ours; snapshots name it", "Surrogate key; used by account_snapshots"),
        "account_id": ("Whose", "Account"),
        "symbol_id": ("Its coin", "Coin"),
        "content_hash": ("blake2b-128 over the fields below", "blake2b-128 of the columns after valid_from"),
        "valid_from": ("First observation that had it", "Time of the first observation with it"),
        "quantity": ("Coins; negative is short", "Coins; negative for a short"),
        "entry_at": ("When it was opened; entry_time", "Time of the entry; entry_time"),
        "leverage": ("A multiple", "Multiple of the margin"),
        "invalidation": ("The trader's own words", "Condition in the trader's words"),
        "has_plan": ("False where upstream says N/A", "False where the API reports N/A"),
        "risk_usd": ("USD; the trader's estimate", "USD; risk as estimated by the trader"),
        "confidence": ("0 to 1", "0 to 1, as stated by the trader"),
        "entry_oid": ("Hyperliquid order", "Hyperliquid order id"),
        "oid": ("Hyperliquid order", "Hyperliquid order id"),
        "tp_oid": ("Take-profit order; null is none", "Take-profit order id; null for none"),
        "sl_oid": ("Stop-loss order; null is none", "Stop-loss order id; null for none"),
        "extra": ("Keys this program does not know", "Keys of the record that this program does not know"),
    },
    "price_rollup": {
        TABLE: (
            "Prices (USD) by closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d",
            "Prices in USD per closed bucket of 2 min, 10 min, 1 h, 4 h and 1 d",
        ),
        "width_s": ("Seconds of a bucket", "Width of the bucket in seconds"),
        "symbol_id": ("Of which coin", "Coin"),
        "bucket": (
            "Its beginning, a multiple of its width since 1970 (UTC)",
            "Beginning of the bucket, a multiple of its width since 1970 (UTC)",
        ),
        "first_ts": ("Of the first observation", "Time of the first observation"),
        "last_ts": ("Of the last observation", "Time of the last observation"),
        "low_ts": ("Of the earliest lowest value", "Time of the earliest lowest value"),
        "high_ts": ("Of the earliest highest value", "Time of the earliest highest value"),
        "n": ("Observations", "Number of observations"),
    },
    "prices": {
        "ts": ("When it was quoted", "Time of the quote"),
        "symbol_id": ("Of which coin", "Coin"),
        "fetched_at": ("When it was fetched", "Time of the fetch"),
    },
    "quarantine": {
        TABLE: (
            "Records that could not be decoded, raw, with the reason",
            "Undecodable records, raw, with the reason",
        ),
        "id": ("Ours", "Surrogate key"),
        "endpoint": ("Where it came from", "Endpoint of the response"),
        "raw": ("The record as it came", "Raw text of the record"),
        "reason": ("Why it could not be decoded", "Decoding error"),
        "first_seen_at": ("First answer that had it", "Time of the first response with it"),
        "last_seen_at": ("Last answer that had it", "Time of the last response with it"),
        "count": ("Answers that had it", "Number of responses with it"),
    },
    "retention": {
        TABLE: (
            "How far the time series have been thinned",
            "Horizon up to which the time series have been thinned",
        ),
        "pruned_before": (
            "Older observations are one an hour; roll-ups have the rest",
            "Older observations are kept hourly; roll-ups keep the detail",
        ),
    },
    "schema_drift": {
        TABLE: (
            "Where upstream's answers left their contract, each noticed once by each collector",
            "Differences between responses and the API's contract",
        ),
        "endpoint": ("Whose answers", "Endpoint of the responses"),
        "change": ("A new key, or what came instead of what", "New key, or expected and received type"),
        "sample": ("Beginning of the first value", "Beginning of the first value seen"),
        "first_seen_at": ("First answer that had it", "Time of the first response with it"),
        "last_seen_at": (
            "Last time a collector noticed it anew",
            "Time of the last detection by a newly started collector",
        ),
    },
    "seasons": {
        "id": ("Ours; means nothing outside this store", "Surrogate key of this store"),
        "arena": ("Which arena: nof1", "Source of the records, such as nof1"),
        "slug": ("Short name in the roster", "Key in the roster"),
        "name": ("As the roster calls it", "Display name from the roster"),
    },
    "symbols": {
        "id": ("Ours; means nothing outside this store", "Surrogate key of this store"),
        "name": ("BTC, or xyz:TSLA of a builder market", "BTC; xyz:TSLA for a builder market"),
    },
    "traders": {
        TABLE: ("Traders by the id that upstream gives", "Traders by the id that the API uses"),
        "id": ("Ours; means nothing outside this store", "Surrogate key of this store"),
        "slug": ("model_id as upstream writes it", "model_id of the API"),
        "name": ("As the roster calls it", "Display name from the roster"),
    },
    "trades": {
        TABLE: (
            "Closed trades; upstream keeps only the newest 100 of each model",
            "Closed trades; the API has only the newest 100 of each model",
        ),
        "account_id": ("Whose", "Account"),
        "symbol_id": ("Its coin", "Coin"),
        "exit_ts": ("When it was closed", "Time of the exit"),
        "entry_ts": ("When it was opened", "Time of the entry"),
        "quantity": ("Coins; negative was short", "Coins; negative for a short"),
        "net": ("USD; realized_net_pnl, the result", "USD; realized_net_pnl"),
        "entry_oid": ("Hyperliquid order; not unique", "Hyperliquid order id; not unique"),
        "exit_oid": ("Hyperliquid order; not unique", "Hyperliquid order id; not unique"),
        "entry_tid": ("Hyperliquid trade", "Hyperliquid trade id"),
        "exit_tid": ("Hyperliquid trade", "Hyperliquid trade id"),
        "extra": ("Keys this program does not know", "Keys of the record that this program does not know"),
        "fetched_at": ("When it was fetched", "Time of the fetch"),
    },
}
"""Old and new comment of each table and column."""
SEQUENCE_COMMENTS = (
    "Counts writes of account rows: who finds a gap reads again what events are told from",
    "Number of writes of account rows: a writer that finds a gap reloads the rows from which it derives events",
)
PARTITIONED = ("account_snapshots", "prices")
PARTITION_COMMENTS = """
DO $$
DECLARE
    col record;
BEGIN
    FOR col IN
        SELECT a.attrelid::regclass AS partition, a.attname AS name
        FROM pg_inherits i JOIN pg_attribute a ON a.attrelid = i.inhrelid
        WHERE i.inhparent = 'nof1.{table}'::regclass AND a.attname = '{column}'
          AND col_description(a.attrelid, a.attnum) = {current}
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', col.partition, col.name, {replacement});
    END LOOP;
END $$
"""
"""Partitions have copies of the comments; those of the default partition may be missing."""


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _replace(current: int, replacement: int) -> None:
    """Replace the comments; the arguments are indices into the pairs."""
    for table, comments in COMMENTS.items():
        for column, pair in comments.items():
            target = f"COLUMN nof1.{table}.{column}" if column != TABLE else f"TABLE nof1.{table}"
            op.execute(f"COMMENT ON {target} IS {_literal(pair[replacement])}")
            if table in PARTITIONED and column != TABLE:
                op.execute(
                    PARTITION_COMMENTS.format(
                        table=table,
                        column=column,
                        current=_literal(pair[current]),
                        replacement=_literal(pair[replacement]),
                    )
                )
    op.execute(f"COMMENT ON SEQUENCE nof1.account_turns IS {_literal(SEQUENCE_COMMENTS[replacement])}")


def upgrade() -> None:
    _replace(current=0, replacement=1)


def downgrade() -> None:
    _replace(current=1, replacement=0)
