"""Which columns `show` prints of each kind of row, for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nof1tui.cli.output.tables import Column
from nof1tui.domain.export.rows import ExportRow
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.tui.style import format as fmt


def _words(key: str, limit: int | None = None) -> Callable[[ExportRow], str]:
    return lambda row: sanitise_line(row[key], limit) if row[key] else fmt.UNKNOWN


def _told(format_: Callable[[float | None], str], key: str) -> Callable[[ExportRow], str]:
    return lambda row: format_(row[key])


def _at(key: str) -> Callable[[ExportRow], str]:
    return lambda row: fmt.moment(row[key])


def _model(row: ExportRow) -> str:
    if row["name"] is None:
        return sanitise_line(row.get("feed") or row.get("coin") or fmt.UNKNOWN, 28)
    competition = f" @{sanitise_line(row['competition'], 24)}" if row["competition"] else ""
    return sanitise_line(row["name"], 28) + competition


def _chat(row: ExportRow) -> str:
    moves = [f"[{s['coin']} {s['signal']}]" for s in row["signals"] if s["signal"] != "hold"]
    failed = ["[answer not readable]"] if row["answer_failed"] else []
    return sanitise_line(" ".join([*moves, *failed, row["summary"] or fmt.UNKNOWN]))


def _listed(key: str) -> Callable[[ExportRow], str]:
    return lambda row: sanitise_line(", ".join(row[key])) or fmt.UNKNOWN


def _lean(value: float | None) -> str:
    """A net exposure with its sign."""
    told = fmt.multiple(value, 2)
    return f"+{told}" if value is not None and value > 0 else told


VIEWS: dict[str, tuple[Column, ...]] = {
    "leaderboard": (
        Column("#", lambda row: fmt.number(row["rank"])),
        Column("Model", _model, right=False),
        Column("Equity", _told(fmt.usd, "equity_usd")),
        Column("Return", _told(fmt.pct, "return_pct"), signed=True),
        Column("24h", _told(lambda value: fmt.pct(value, 2), "change_24h_pct"), 90, signed=True),
        Column("Unreal.", _told(fmt.gain_usd, "unrealized_usd"), 80, signed=True),
        Column("Pos", lambda row: fmt.number(row["positions"]), 70),
        Column("Lev", _told(fmt.leverage, "leverage"), 30),
        Column("Expo", _told(fmt.multiple, "exposure_gross"), 35),
        Column("MaxDD", _told(fmt.pct, "max_drawdown_pct"), 60),
        Column("Sharpe", _told(fmt.ratio, "sharpe"), 20),
        Column("Win", _told(fmt.share, "win_rate_pct"), 25),
        Column("Trades", lambda row: fmt.number(row["trades"]), 50),
        Column("Fees", _told(fmt.compact_usd, "fees_usd"), 15),
        Column("Seen", _at("observed_at"), 10),
    ),
    "positions": (
        Column("Model", _model, right=False),
        Column("Coin", _words("coin", 16), right=False),
        Column("Side", lambda row: str(row["side"]).upper(), right=False),
        Column("Qty", _told(fmt.quantity, "quantity"), 80),
        Column("Entry", _told(fmt.price, "entry_price"), 70),
        Column("Mark", _told(fmt.price, "mark_price"), 75),
        Column("Lev", _told(fmt.leverage, "leverage"), 65),
        Column("Notional", _told(fmt.usd, "notional_usd"), 60),
        Column(
            "Unreal.", _told(lambda value: fmt.gain_usd(value, cents=True), "unrealized_usd"), signed=True
        ),
        Column("Liq.", _told(fmt.price, "liquidation_price"), 40),
        Column("Stop", _told(fmt.price, "stop_loss"), 50),
        Column("Target", _told(fmt.price, "profit_target"), 50),
        Column("Conf", _told(fmt.ratio, "confidence"), 20),
        Column("Opened", _at("entry_at"), 10),
    ),
    "trades": (
        Column("Closed", _at("exit_at"), right=False),
        Column("Model", _model, right=False),
        Column("Coin", _words("coin", 16), right=False),
        Column("Side", lambda row: str(row["side"] or fmt.UNKNOWN).upper(), right=False),
        Column("Qty", _told(fmt.quantity, "quantity"), 50),
        Column("Entry", _told(fmt.price, "entry_price"), 40),
        Column("Exit", _told(fmt.price, "exit_price"), 40),
        Column("Held", _told(fmt.duration, "held_s"), 60),
        Column("Gross", _told(lambda value: fmt.gain_usd(value, cents=True), "gross_usd"), 20),
        Column("Fees", _told(fmt.usd, "fees_usd"), 30),
        Column("Net", _told(lambda value: fmt.gain_usd(value, cents=True), "net_usd"), signed=True),
    ),
    "prices": (
        Column("Coin", _words("coin", 24), right=False),
        Column("Price", _told(fmt.price, "price")),
        Column("Seen", _at("observed_at")),
    ),
    "stats": (
        Column("#", lambda row: fmt.number(row["rank"])),
        Column("Model", _model, right=False),
        Column("Return", _told(fmt.pct, "return_pct"), signed=True),
        Column("vs BTC", _told(fmt.points, "excess_pct"), 45, signed=True),
        Column("Vol", _told(fmt.share, "volatility_pct"), 40),
        Column("Sharpe", _told(fmt.ratio, "sharpe"), 90),
        Column("Sortino", _told(fmt.ratio, "sortino"), 55),
        Column("MaxDD", _told(fmt.pct, "max_drawdown_pct"), 85),
        Column("VaR95", _told(fmt.pct, "var95_pct"), 30),
        Column("Beta", _told(fmt.ratio, "beta"), 35),
        Column("Win", _told(fmt.share, "win_rate_pct"), 75),
        Column("PF", _told(fmt.ratio, "profit_factor"), 80),
        Column("Expect.", _told(fmt.gain_usd, "expectancy_usd"), 50, signed=True),
        Column("Hold", _told(fmt.duration, "hold_median_s"), 25),
        Column("Fee %", _told(fmt.share, "fee_share_pct"), 20),
        Column("Trades", lambda row: fmt.number(row["trades"]), 60),
        Column("Days", lambda row: fmt.number(row["n"]), 60),
    ),
    "coins": (
        Column("Coin", _words("coin", 24), right=False),
        Column("Price", _told(fmt.price, "price")),
        Column("Gross", _told(fmt.multiple, "exposure_gross")),
        Column("Net", _told(_lean, "exposure_net"), signed=True),
        Column("Longs", _listed("longs"), right=False, flows=True),
        Column("Shorts", _listed("shorts"), right=False, flows=True),
        Column("Alone", _words("alone", 24), 50, right=False),
        Column("Seen", _at("observed_at"), 10),
    ),
    "events": (
        Column("At", _at("at"), right=False),
        Column("Model", _model, right=False),
        Column("Event", _words("kind", 20), right=False),
        Column("What", _words("detail"), right=False, flows=True),
        Column("Net", _told(lambda value: fmt.gain_usd(value, cents=True), "net_usd"), 60, signed=True),
    ),
    "chat": (
        Column("At", _at("at"), right=False),
        Column("Model", _model, right=False),
        Column("Says", _chat, right=False, flows=True),
    ),
}


def full_chat(row: ExportRow) -> str:
    """A decision with its long texts, one below the other."""
    parts = [f"── {fmt.moment(row['at'])} · {_model(row)}", _chat(row)]
    for title, key in (("reasoning", "reasoning"), ("answer", "answer"), ("prompt", "prompt")):
        if row[key]:
            parts += [f"· {title}", sanitise(row[key]).rstrip()]
    return "\n".join(parts) + "\n"


def totals_line(totals: ExportRow) -> str:
    """The sums of the trades that match: `17 trades · win 12% · net +$3,512.00 …`"""
    factor = totals["profit_factor"]
    parts = [
        f"{totals['n']:,} trades",
        f"win {fmt.share(totals['win_rate_pct'])}",
        f"net {fmt.gain_usd(totals['net_usd'], cents=True)}",
        f"fees {fmt.usd(totals['fees_usd'])}",
        f"best {fmt.gain_usd(totals['biggest_win_usd'], cents=True)}",
        f"worst {fmt.gain_usd(totals['biggest_loss_usd'], cents=True)}",
    ]
    return " · ".join(parts if factor is None else [*parts, f"profit factor {fmt.ratio(factor)}"])


def when(moment: datetime | None) -> str:
    return "now" if moment is None else f"as of {fmt.moment(moment)}"
