"""Columns of the tables of `show`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nof1tui.cli.output.tables import PrintedColumn
from nof1tui.domain.export.rows import ExportRow
from nof1tui.domain.sanitisation import sanitise, sanitise_line
from nof1tui.tui.style import format as fmt


def _text(key: str, limit: int | None = None) -> Callable[[ExportRow], str]:
    return lambda row: sanitise_line(row[key], limit) if row[key] else fmt.UNKNOWN


def _formatted(format_: Callable[[float | None], str], key: str) -> Callable[[ExportRow], str]:
    return lambda row: format_(row[key])


def _at(key: str) -> Callable[[ExportRow], str]:
    return lambda row: fmt.moment(row[key])


def _model(row: ExportRow) -> str:
    if row["name"] is None:
        return sanitise_line(row.get("feed") or row.get("coin") or fmt.UNKNOWN, 28)
    competition = f" @{sanitise_line(row['competition'], 24)}" if row["competition"] else ""
    return sanitise_line(row["name"], 28) + competition


def _chat(row: ExportRow) -> str:
    signals = [f"[{s['coin']} {s['signal']}]" for s in row["signals"] if s["signal"] != "hold"]
    failed = ["[malformed response]"] if row["answer_failed"] else []
    return sanitise_line(" ".join([*signals, *failed, row["summary"] or fmt.UNKNOWN]))


def _listed(key: str) -> Callable[[ExportRow], str]:
    return lambda row: sanitise_line(", ".join(row[key])) or fmt.UNKNOWN


def _format_net_exposure(value: float | None) -> str:
    """A net exposure with its sign."""
    text = fmt.multiple(value, 2)
    return f"+{text}" if value is not None and value > 0 else text


SHOW_COLUMNS: dict[str, tuple[PrintedColumn, ...]] = {
    "leaderboard": (
        PrintedColumn("#", lambda row: fmt.number(row["rank"])),
        PrintedColumn("Model", _model, align_right=False),
        PrintedColumn("Equity", _formatted(fmt.usd, "equity_usd")),
        PrintedColumn("Return", _formatted(fmt.pct, "return_pct"), signed=True),
        PrintedColumn("24h", _formatted(lambda value: fmt.pct(value, 2), "change_24h_pct"), 90, signed=True),
        PrintedColumn("Unreal.", _formatted(fmt.gain_usd, "unrealized_usd"), 80, signed=True),
        PrintedColumn("Pos", lambda row: fmt.number(row["positions"]), 70),
        PrintedColumn("Lev", _formatted(fmt.leverage, "leverage"), 30),
        PrintedColumn("Expo", _formatted(fmt.multiple, "exposure_gross"), 35),
        PrintedColumn("MaxDD", _formatted(fmt.pct, "max_drawdown_pct"), 60),
        PrintedColumn("Sharpe", _formatted(fmt.ratio, "sharpe"), 20),
        PrintedColumn("Win", _formatted(fmt.share, "win_rate_pct"), 25),
        PrintedColumn("Trades", lambda row: fmt.number(row["trades"]), 50),
        PrintedColumn("Fees", _formatted(fmt.compact_usd, "fees_usd"), 15),
        PrintedColumn("Seen", _at("observed_at"), 10),
    ),
    "positions": (
        PrintedColumn("Model", _model, align_right=False),
        PrintedColumn("Coin", _text("coin", 16), align_right=False),
        PrintedColumn("Side", lambda row: str(row["side"]).upper(), align_right=False),
        PrintedColumn("Qty", _formatted(fmt.quantity, "quantity"), 80),
        PrintedColumn("Entry", _formatted(fmt.price, "entry_price"), 70),
        PrintedColumn("Mark", _formatted(fmt.price, "mark_price"), 75),
        PrintedColumn("Lev", _formatted(fmt.leverage, "leverage"), 65),
        PrintedColumn("Notional", _formatted(fmt.usd, "notional_usd"), 60),
        PrintedColumn(
            "Unreal.",
            _formatted(lambda value: fmt.gain_usd(value, cents=True), "unrealized_usd"),
            signed=True,
        ),
        PrintedColumn("Liq.", _formatted(fmt.price, "liquidation_price"), 40),
        PrintedColumn("Stop", _formatted(fmt.price, "stop_loss"), 50),
        PrintedColumn("Target", _formatted(fmt.price, "profit_target"), 50),
        PrintedColumn("Conf", _formatted(fmt.ratio, "confidence"), 20),
        PrintedColumn("Opened", _at("entry_at"), 10),
    ),
    "trades": (
        PrintedColumn("Closed", _at("exit_at"), align_right=False),
        PrintedColumn("Model", _model, align_right=False),
        PrintedColumn("Coin", _text("coin", 16), align_right=False),
        PrintedColumn("Side", lambda row: str(row["side"] or fmt.UNKNOWN).upper(), align_right=False),
        PrintedColumn("Qty", _formatted(fmt.quantity, "quantity"), 50),
        PrintedColumn("Entry", _formatted(fmt.price, "entry_price"), 40),
        PrintedColumn("Exit", _formatted(fmt.price, "exit_price"), 40),
        PrintedColumn("Held", _formatted(fmt.duration, "held_s"), 60),
        PrintedColumn("Gross", _formatted(lambda value: fmt.gain_usd(value, cents=True), "gross_usd"), 20),
        PrintedColumn("Fees", _formatted(fmt.usd, "fees_usd"), 30),
        PrintedColumn(
            "Net", _formatted(lambda value: fmt.gain_usd(value, cents=True), "net_usd"), signed=True
        ),
    ),
    "prices": (
        PrintedColumn("Coin", _text("coin", 24), align_right=False),
        PrintedColumn("Price", _formatted(fmt.price, "price")),
        PrintedColumn("Seen", _at("observed_at")),
    ),
    "stats": (
        PrintedColumn("#", lambda row: fmt.number(row["rank"])),
        PrintedColumn("Model", _model, align_right=False),
        PrintedColumn("Return", _formatted(fmt.pct, "return_pct"), signed=True),
        PrintedColumn("vs BTC", _formatted(fmt.points, "excess_pct"), 45, signed=True),
        PrintedColumn("Vol", _formatted(fmt.share, "volatility_pct"), 40),
        PrintedColumn("Sharpe", _formatted(fmt.ratio, "sharpe"), 90),
        PrintedColumn("Sortino", _formatted(fmt.ratio, "sortino"), 55),
        PrintedColumn("MaxDD", _formatted(fmt.pct, "max_drawdown_pct"), 85),
        PrintedColumn("VaR95", _formatted(fmt.pct, "var95_pct"), 30),
        PrintedColumn("Beta", _formatted(fmt.ratio, "beta"), 35),
        PrintedColumn("Win", _formatted(fmt.share, "win_rate_pct"), 75),
        PrintedColumn("PF", _formatted(fmt.ratio, "profit_factor"), 80),
        PrintedColumn("Expect.", _formatted(fmt.gain_usd, "expectancy_usd"), 50, signed=True),
        PrintedColumn("Hold", _formatted(fmt.duration, "hold_median_s"), 25),
        PrintedColumn("Fee %", _formatted(fmt.share, "fee_share_pct"), 20),
        PrintedColumn("Trades", lambda row: fmt.number(row["trades"]), 60),
        PrintedColumn("Days", lambda row: fmt.number(row["n"]), 60),
    ),
    "coins": (
        PrintedColumn("Coin", _text("coin", 24), align_right=False),
        PrintedColumn("Price", _formatted(fmt.price, "price")),
        PrintedColumn("Gross", _formatted(fmt.multiple, "exposure_gross")),
        PrintedColumn("Net", _formatted(_format_net_exposure, "exposure_net"), signed=True),
        PrintedColumn("Longs", _listed("longs"), align_right=False, wraps=True),
        PrintedColumn("Shorts", _listed("shorts"), align_right=False, wraps=True),
        PrintedColumn("Contrarian", _text("alone", 24), 50, align_right=False),
        PrintedColumn("Seen", _at("observed_at"), 10),
    ),
    "events": (
        PrintedColumn("At", _at("at"), align_right=False),
        PrintedColumn("Model", _model, align_right=False),
        PrintedColumn("Event", _text("kind", 20), align_right=False),
        PrintedColumn("Details", _text("detail"), align_right=False, wraps=True),
        PrintedColumn(
            "Net", _formatted(lambda value: fmt.gain_usd(value, cents=True), "net_usd"), 60, signed=True
        ),
    ),
    "chat": (
        PrintedColumn("At", _at("at"), align_right=False),
        PrintedColumn("Model", _model, align_right=False),
        PrintedColumn("Decision", _chat, align_right=False, wraps=True),
    ),
}


def render_full_chat(row: ExportRow) -> str:
    """A decision followed by its long texts."""
    parts = [f"── {fmt.moment(row['at'])} · {_model(row)}", _chat(row)]
    for title, key in (("reasoning", "reasoning"), ("answer", "answer"), ("prompt", "prompt")):
        if row[key]:
            parts += [f"· {title}", sanitise(row[key]).rstrip()]
    return "\n".join(parts) + "\n"


def render_totals(totals: ExportRow) -> str:
    """Totals of the trades that match: `17 trades · win 12% · net +$3,512.00 …`"""
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


def format_as_of(moment: datetime | None) -> str:
    return "now" if moment is None else f"as of {fmt.moment(moment)}"
