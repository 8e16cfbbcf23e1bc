"""The fields of nof1's records by kind: times, numbers, order ids, and the names that other servers give."""

from __future__ import annotations

TIMES = {
    "account-totals": ("timestamp",),
    "trades": ("entry_time", "exit_time"),
    "conversations": ("timestamp", "inserted_at"),
    "crypto-prices": ("timestamp",),
    "analytics": ("updated_at",),
    "since-inception-values": ("inception_date",),
    "position": ("entry_time",),
}
OPTIONAL_NUMBERS = {
    "account-totals": (
        "realized_pnl", "sharpe_ratio", "since_inception_hourly_marker", "since_inception_minute_marker",
    ),
    "trades": ("entry_commission_dollars", "exit_commission_dollars", "entry_closed_pnl", "exit_closed_pnl",
               "total_commission_dollars"),
    "conversations": ("cycle_id",),
    "position": ("leverage", "margin", "liquidation_price", "closed_pnl", "commission", "risk_usd",
                 "confidence"),
}  # fmt: skip
NUMBERS = {
    "account-totals": ("dollar_equity", "cum_pnl_pct", "total_unrealized_pnl",
                       *OPTIONAL_NUMBERS["account-totals"]),
    "trades": ("quantity", "entry_price", "exit_price", "realized_gross_pnl", "realized_net_pnl", "entry_oid",
               "exit_oid", "entry_tid", "exit_tid", *OPTIONAL_NUMBERS["trades"]),
    "conversations": OPTIONAL_NUMBERS["conversations"],
    "crypto-prices": ("price",),
    "since-inception-values": ("nav_since_inception",),
    "position": ("quantity", "entry_price", "current_price", "unrealized_pnl", "entry_oid", "oid", "tp_oid",
                 "sl_oid", *OPTIONAL_NUMBERS["position"]),
}  # fmt: skip
ORDER_IDS = {
    "trades": ("entry_oid", "exit_oid", "entry_tid", "exit_tid"),
    "position": ("entry_oid", "oid", "tp_oid", "sl_oid"),
}
OTHER_KEYS = {
    "account-totals": {"model_id": ("model", "agent_id"), "dollar_equity": ("equity", "account_value"),
                       "timestamp": ("time", "updated_at")},
    "trades": {"symbol": ("coin", "asset"), "quantity": ("size", "qty"), "realized_net_pnl": ("net_pnl",),
               "realized_gross_pnl": ("gross_pnl",), "total_commission_dollars": ("fees",),
               "model_id": ("trader_id", "agent")},
    "conversations": {"model_id": ("trader",), "timestamp": ("time", "created_at")},
    "crypto-prices": {"price": ("mid", "mark_price"), "symbol": ("coin",)},
    "analytics": {"updated_at": ("timestamp",)},
    "since-inception-values": {"nav_since_inception": ("capital", "initial_balance"),
                               "inception_date": ("started_at",)},
    "position": {"symbol": ("coin", "asset"), "quantity": ("size", "qty"), "current_price": ("mark_price",)},
}  # fmt: skip
OTHER_LIST_KEYS = {
    "account-totals": ("accounts", "data"),
    "trades": ("closedTrades", "results"),
    "conversations": ("decisions", "data"),
    "crypto-prices": ("cryptoPrices", "data"),
    "analytics": ("statistics", "items"),
    "since-inception-values": ("inceptions", "records"),
}
ZERO_TIMES = (0, 0.0, "0", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z")
NOTHING = (None, "", "null")
GARBAGE = ("lots", {"usd": 1}, [1.5], True, float("nan"), float("inf"), 10**400, "1,5", "0x10", "\x1b[2J")
"""Values that are no number in any spelling."""
