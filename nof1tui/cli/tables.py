"""Rows as tables for people: numbers to the right, every sign told by a character, no markup parsed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from nof1tui.domain.shapes import Row
from nof1tui.domain.text import plain, plain_line
from nof1tui.tui import format as fmt

UNBOUNDED = 10_000
"""Width where nobody looks but a pipe: nothing is cut, nothing left out."""
GAP = 2
"""Cells between columns."""
SMALLEST_TEXT = 24
"""Cells that a text column needs to be of use."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title and what it says of a row."""

    title: str
    cell: Callable[[Row], str]
    weight: int = 100
    """Columns of the least weight leave first when there is no room."""
    right: bool = True
    signed: bool = False
    """Coloured by its sign; the sign itself is always told."""
    flows: bool = False
    """A text that may take several lines."""


def _words(key: str, limit: int | None = None) -> Callable[[Row], str]:
    return lambda row: plain_line(row[key], limit) if row[key] else fmt.UNKNOWN


def _told(format_: Callable[[float | None], str], key: str) -> Callable[[Row], str]:
    return lambda row: format_(row[key])


def _at(key: str) -> Callable[[Row], str]:
    return lambda row: fmt.moment(row[key])


def _model(row: Row) -> str:
    competition = f" @{plain_line(row['competition'], 24)}" if row["competition"] else ""
    return plain_line(row["name"], 28) + competition


def _chat(row: Row) -> str:
    moves = [f"[{s['coin']} {s['signal']}]" for s in row["signals"] if s["signal"] != "hold"]
    failed = ["[answer not readable]"] if row["answer_failed"] else []
    return plain_line(" ".join([*moves, *failed, row["summary"] or fmt.UNKNOWN]))


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
    "chat": (
        Column("At", _at("at"), right=False),
        Column("Model", _model, right=False),
        Column("Says", _chat, right=False, flows=True),
    ),
}


class Printer:
    """Writes to stdout, as wide as the terminal; in a pipe as wide as it takes."""

    def __init__(self, width: int | None = None) -> None:
        self._piped = width is None and not sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout,
            width=UNBOUNDED if self._piped else width,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def say(self, words: str) -> None:
        self._print(Text(plain(words)))

    def table(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """The columns that fit, and how many do not."""
        texts = {column.title: [column.cell(row) for row in rows] for column in columns}
        shown = _fitting(columns, texts, self._console.width)
        table = Table(
            box=None if self._piped else box.SIMPLE_HEAD,
            padding=(0, GAP, 0, 0) if self._piped else (0, GAP - 1, 0, 0),
            pad_edge=False,
            show_edge=False,
            header_style="bold",
        )
        for column in shown:
            table.add_column(
                Text(column.title),
                justify="right" if column.right else "left",
                no_wrap=not column.flows,
                overflow="fold" if column.flows else "ellipsis",
            )
        for index, row in enumerate(rows):
            dim = "dim" if row.get("rank", 0) is None else ""
            cells = (_styled(column, texts[column.title][index]) for column in shown)
            table.add_row(*cells, style=dim)
        self._print(table)
        hidden = len(columns) - len(shown)
        if hidden:
            self.say(f"+{hidden} columns hidden for lack of room; --json and --csv have all.")

    def _print(self, what: RenderableType) -> None:
        """Without the blanks that fill a table's last column."""
        with self._console.capture() as printed:
            self._console.print(what)
        lines = (line.rstrip() for line in printed.get().splitlines())
        sys.stdout.write("".join(f"{line}\n" for line in lines))


def _styled(column: Column, text: str) -> Text:
    styles = {"+": "green", "-": "red"} if column.signed else {}
    return Text(text, style=styles.get(text[:1], ""))


def _fitting(columns: Sequence[Column], texts: dict[str, list[str]], width: int) -> list[Column]:
    """Leave out the columns of least weight until the rest fits."""
    needs = {
        column.title: min(
            max(cell_len(text) for text in (column.title, *texts[column.title])),
            SMALLEST_TEXT if column.flows else UNBOUNDED,
        )
        for column in columns
    }
    shown = list(columns)
    while sum(needs[column.title] + GAP for column in shown) - GAP > width:
        lightest = min(shown, key=lambda column: (column.weight, -columns.index(column)))
        if lightest.weight >= 100:
            break
        shown.remove(lightest)
    return shown


def full_chat(row: Row) -> str:
    """A decision with its long texts, one below the other."""
    parts = [f"── {fmt.moment(row['at'])} · {_model(row)}", _chat(row)]
    for title, key in (("reasoning", "reasoning"), ("answer", "answer"), ("prompt", "prompt")):
        if row[key]:
            parts += [f"· {title}", plain(row[key]).rstrip()]
    return "\n".join(parts) + "\n"


def totals_line(totals: Row) -> str:
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
