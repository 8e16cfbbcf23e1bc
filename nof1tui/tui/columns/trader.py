"""Columns of the trader screen: open positions and closed trades."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from nof1tui.domain.metrics import basic
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import AccountRow, Position, Trade
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell
from nof1tui.tui.style.gauge import gauge
from nof1tui.tui.table.live_table import Column

_NEAR_LIQUIDATION_PCT = 5.0
_GAUGE_WIDTH = 9
NO_PLAN = "no plan"


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One open position, with the account row that it is from."""

    account_row: AccountRow
    position: Position

    @property
    def coin(self) -> str:
        return fmt.sanitise_line(self.position.coin, 24)

    @property
    def held_s(self) -> float | None:
        """Seconds since the entry; None where its time is unknown."""
        entry_at = self.position.entry_at
        return None if entry_at is None else (self.account_row.observed_at - entry_at).total_seconds()


def side_cell(side: str | None) -> Cell:
    """`LONG` or `SHORT`, coloured."""
    return Cell((side or fmt.UNKNOWN).upper(), {"long": "gain", "short": "loss"}.get(side or "", "muted"))


def plan_text(position: Position, *, ascii: bool = False) -> str:  # noqa: A002
    """Stop, a gauge of the mark between them, target; `no plan` without either."""
    plan = position.exit_plan
    if plan is None or (plan.stop_loss is None and plan.profit_target is None):
        return NO_PLAN
    progress = basic.stop_target_progress(position)
    drawn = "" if progress is None else f" {gauge(progress, _GAUGE_WIDTH, ascii)} "
    return f"{fmt.price(plan.stop_loss):>9}{drawn or ' … '}{fmt.price(plan.profit_target):<9}"


def _plan(row: PositionRow, *, ascii: bool = False) -> Cell:  # noqa: A002
    text = plan_text(row.position, ascii=ascii)
    return Cell(text, "muted" if text == NO_PLAN else "")


def liquidation_text(position: Position) -> str:
    """The liquidation price; when it is near, the distance in percent with a warning sign."""
    away = basic.liquidation_distance_pct(position)
    if away is not None and away < _NEAR_LIQUIDATION_PCT:
        return f"⚠ {max(away, 0.0):.1f}%"
    return fmt.price(position.liquidation_price)


def _liquidation(row: PositionRow) -> Cell:
    text = liquidation_text(row.position)
    return Cell(text, "warn" if text.startswith("⚠") else "")


def _unrealized(row: PositionRow) -> Cell:
    value = row.position.unrealized_usd
    return Cell(fmt.gain_usd(value), fmt.tone(value))


def _risk(row: PositionRow) -> Cell:
    value = basic.risk_multiple(row.position)
    return Cell(fmt.risk(value), fmt.tone(value))


POSITION_COLUMNS: tuple[Column[PositionRow], ...] = (
    Column(
        "coin",
        "Coin",
        5,
        lambda r: Cell(fmt.coin(r.coin, 5), "bold"),
        justify="left",
        sort_key=lambda r: r.coin,
    ),
    Column(
        "side",
        "Side",
        5,
        lambda r: side_cell(r.position.side),
        justify="left",
        sort_key=lambda r: r.position.side,
    ),
    Column(
        "quantity",
        "Qty",
        8,
        lambda r: Cell(fmt.quantity(r.position.quantity)),
        sort_key=lambda r: abs(r.position.quantity),
        drop_order=4,
    ),
    Column(
        "entry",
        "Entry",
        9,
        lambda r: Cell(fmt.price(r.position.entry_price)),
        sort_key=lambda r: r.position.entry_price,
        drop_order=5,
    ),
    Column(
        "mark",
        "Mark",
        9,
        lambda r: Cell(fmt.price(r.position.mark_price), "bold"),
        sort_key=lambda r: r.position.mark_price,
        drop_order=9,
    ),
    Column(
        "leverage",
        "Lev",
        4,
        lambda r: Cell(fmt.leverage(r.position.leverage)),
        sort_key=lambda r: r.position.leverage,
        drop_order=3,
    ),
    Column(
        "notional",
        "Notional",
        8,
        lambda r: Cell(fmt.compact_usd(r.position.notional_usd)),
        sort_key=lambda r: r.position.notional_usd,
        drop_order=7,
    ),
    Column("unrealized", "Unreal.", 8, _unrealized, sort_key=lambda r: r.position.unrealized_usd),
    Column(
        "liquidation",
        "Liq.",
        9,
        _liquidation,
        sort_key=lambda r: basic.liquidation_distance_pct(r.position),
        drop_order=6,
        tooltip="Liquidation price (⚠: near, see help)",
    ),
    Column(
        "plan",
        f"{'Stop':>9} {'─' * 2} mark {'─' * 2} Target",
        9 + _GAUGE_WIDTH + 11,
        _plan,
        justify="left",
        sort_key=lambda r: basic.stop_target_progress(r.position),
        drop_order=10,
    ),
    Column(
        "risk",
        "R",
        5,
        _risk,
        sort_key=lambda r: basic.risk_multiple(r.position),
        drop_order=8,
        tooltip="Unrealised P&L ÷ stated risk (R)",
    ),
    Column(
        "confidence",
        "Conf",
        4,
        lambda r: Cell(fmt.ratio(r.position.confidence)),
        sort_key=lambda r: r.position.confidence,
        drop_order=1,
    ),
    Column(
        "held", "Held", 7, lambda r: Cell(fmt.duration(r.held_s)), sort_key=lambda r: r.held_s, drop_order=2
    ),
)


def position_columns(*, ascii: bool) -> tuple[Column[PositionRow], ...]:  # noqa: A002
    """The columns of open positions; `ascii` draws the gauge with ASCII characters."""
    if not ascii:
        return POSITION_COLUMNS
    plain = partial(_plan, ascii=True)
    return tuple(
        replace(column, render=plain, title="     Stop -- mark -- Target") if column.key == "plan" else column
        for column in POSITION_COLUMNS
    )


def _net(trade: Trade) -> Cell:
    return Cell(fmt.gain_usd(trade.net_usd, cents=True), fmt.tone(trade.net_usd))


def trade_filter_text(trade: Trade) -> str:
    """The text that the filter searches."""
    result = "loss" if (trade.net_usd or 0.0) < 0 else "win"
    closed = fmt.day_and_time(trade.exit_at)
    return f"{fmt.sanitise_line(trade.coin)} {trade_side(trade) or ''} {closed} {result}"


TRADE_COLUMNS: tuple[Column[Trade], ...] = (
    Column(
        "closed",
        "Closed",
        12,
        lambda t: Cell(fmt.day_and_time(t.exit_at)),
        sort_key=lambda t: t.exit_at.timestamp(),
        tooltip="UTC",
    ),
    Column(
        "coin",
        "Coin",
        6,
        lambda t: Cell(fmt.coin(t.coin, 6), "bold"),
        justify="left",
        sort_key=lambda t: t.coin,
    ),
    Column("side", "Side", 5, lambda t: side_cell(trade_side(t)), justify="left", sort_key=trade_side),
    Column(
        "quantity",
        "Qty",
        10,
        lambda t: Cell(fmt.quantity(t.quantity)),
        sort_key=lambda t: abs(t.quantity or 0.0),
        drop_order=3,
    ),
    Column(
        "entry",
        "Entry",
        10,
        lambda t: Cell(fmt.price(t.entry_price)),
        sort_key=lambda t: t.entry_price,
        drop_order=5,
    ),
    Column(
        "exit",
        "Exit",
        10,
        lambda t: Cell(fmt.price(t.exit_price)),
        sort_key=lambda t: t.exit_price,
        drop_order=6,
    ),
    Column(
        "held", "Held", 7, lambda t: Cell(fmt.duration(t.held_s)), sort_key=lambda t: t.held_s, drop_order=4
    ),
    Column(
        "gross",
        "Gross",
        11,
        lambda t: Cell(fmt.gain_usd(t.gross_usd, cents=True), fmt.tone(t.gross_usd)),
        sort_key=lambda t: t.gross_usd,
        drop_order=1,
    ),
    Column(
        "fees",
        "Fees",
        8,
        lambda t: Cell(fmt.compact_usd(t.fees_usd)),
        sort_key=lambda t: t.fees_usd,
        drop_order=2,
    ),
    Column("net", "Net", 11, _net, sort_key=lambda t: t.net_usd),
)
