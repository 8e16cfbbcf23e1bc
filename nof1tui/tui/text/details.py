"""Text of the detail page: a position, a trade, a decision with all its fields."""

from __future__ import annotations

from collections.abc import Sequence

from nof1tui.domain.decisions.attribution import Attribution, asks_for_order
from nof1tui.domain.figures.position import held_s
from nof1tui.domain.figures.views import PositionView
from nof1tui.domain.fills.to_trades import round_trip_details
from nof1tui.domain.metrics import basic
from nof1tui.domain.metrics.trades import trade_side
from nof1tui.domain.records import Decision, DecisionTexts, Position, Signal, Trade
from nof1tui.tui.columns.chat import action_chips
from nof1tui.tui.columns.trader import plan_text
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.text.empty_states import has_decisions

_TEXT_LIMIT = 60_000
"""Most characters shown of a long text; the rest is cut and counted."""


_NET_TOLERANCE_USD = 0.005
"""Reported net and gross − fees count as equal within half a cent."""


def field_line(name: str, value: str, style: str = "") -> list[TextPart]:
    return [(f"{name:<15}", "$muted"), (value, style), "\n"]


def _toned(name: str, value: float | None) -> list[TextPart]:
    tone = fmt.tone(value)
    return field_line(name, fmt.gain_usd(value, cents=True), f"${tone}" if tone else "")


def heading(title: str) -> list[TextPart]:
    return [(f"\n{title}\n", "$accent bold")]


def long_text(text: str) -> str:
    plain = fmt.sanitise(text)
    if len(plain) <= _TEXT_LIMIT:
        return plain
    return f"{plain[:_TEXT_LIMIT]}\n… {len(plain) - _TEXT_LIMIT:,} characters not shown"


def position_detail(view: PositionView, note: str = "") -> list[TextPart]:
    """The fields of a position; `note` says what is still missing and why."""
    position, plan = view.position, view.position.exit_plan
    coin, away = fmt.sanitise_line(position.coin, 24), basic.liquidation_distance_pct(position)
    parts = [
        *field_line("Side", f"{position.side.upper()} {fmt.quantity(position.quantity)} {coin}"),
        *field_line("Entry", f"{fmt.price(position.entry_price)}  {fmt.day_and_time(position.entry_at)} UTC"),
        *field_line("Mark", fmt.price(position.mark_price)),
        *field_line("Leverage", fmt.leverage(position.leverage)),
        *field_line("Notional", fmt.usd(position.notional_usd)),
        *field_line("Margin", fmt.usd(position.margin_usd)),
        *_toned("Unrealised", position.unrealized_usd),
        *field_line(
            "Liquidation", fmt.price(position.liquidation_price) + (f"  {away:.1f}% away" if away else "")
        ),
        *field_line("Plan", plan_text(view).strip()),
        *(_conviction(position) if has_decisions(view.account) else ()),
        *field_line("Held", fmt.duration(held_s.value(view))),
        *field_line("Orders", _orders(position.entry_oid, position.tp_oid, position.sl_oid)),
    ]
    if plan is not None and plan.invalidation:
        parts += [*heading("Invalidation"), long_text(plan.invalidation), "\n"]
    return [*parts, *_note_parts(note)]


def _conviction(position: Position) -> list[TextPart]:
    """Stated risk and confidence of the trader."""
    return [
        *field_line("Risk", f"{fmt.usd(position.risk_usd)}  now {fmt.risk(basic.risk_multiple(position))}"),
        *field_line("Confidence", fmt.ratio(position.confidence)),
    ]


def _note_parts(note: str) -> list[TextPart]:
    return ["\n", (note, "$muted"), "\n"] if note else []


def _orders(entry: int | None, target: int | None, stop: int | None) -> str:
    orders = (("entry", entry), ("target", target), ("stop", stop))
    return ", ".join(f"{name} {oid}" for name, oid in orders if oid is not None) or fmt.UNKNOWN


def trade_detail(trade: Trade, note: str = "") -> list[TextPart]:
    """The fields of a trade; `note` says what is still missing and why."""
    side = (trade_side(trade) or fmt.UNKNOWN).upper()
    return [
        *field_line("Side", f"{side} {fmt.quantity(trade.quantity)} {fmt.sanitise_line(trade.coin, 24)}"),
        *field_line("Entry", f"{fmt.price(trade.entry_price)}  {fmt.day_and_time(trade.entry_at)} UTC"),
        *field_line("Exit", f"{fmt.price(trade.exit_price)}  {fmt.day_and_time(trade.exit_at)} UTC"),
        *field_line("Held", fmt.duration(trade.held_s)),
        *_toned("Gross", trade.gross_usd),
        *field_line(
            "Fees",
            f"{fmt.usd(trade.fees_usd)}  entry {fmt.usd(trade.entry_fee_usd)}, "
            f"exit {fmt.usd(trade.exit_fee_usd)}",
        ),
        *(_reported_net(trade) if has_decisions(trade.account) else _round_trip(trade)),
        *_note_parts(note),
    ]


def _reported_net(trade: Trade) -> list[TextPart]:
    """The net P&L as the API reports it, with a note where it differs from gross minus fees."""
    parts = _toned("Net", trade.net_usd)
    if trade.net_usd is None or trade.gross_usd is None or trade.fees_usd is None:
        return parts
    if abs(trade.net_usd - (trade.gross_usd - trade.fees_usd)) < _NET_TOLERANCE_USD:
        return parts
    reported = fmt.gain_usd(trade.net_usd, cents=True)
    return [*parts, (f"\nNet as reported: {reported} differs from gross − fees\n", "$muted")]


def _round_trip(trade: Trade) -> list[TextPart]:
    """Of a wallet's trade: funding, net, how it was closed, and whether fills are missing."""
    details = round_trip_details(trade)
    count = "1 fill" if details.fills == 1 else f"{fmt.number(details.fills)} fills"
    closed_by = fmt.sanitise_line(details.closed_by, 60) if details.closed_by else ""
    parts = [
        *_toned("Funding", details.funding_usd),
        *_toned("Net", trade.net_usd),
        *(field_line("Closed by", closed_by, "$warning") if closed_by else ()),
        (f"\n{count}; net = gross − fees + funding.\n", "$muted"),
    ]
    if details.incomplete:
        parts.append(("Some fills are missing on chain; figures cover the rest.\n", "$warning"))
    return parts


def decision_detail(
    decision: Decision, texts: DecisionTexts | None, links: Sequence[Attribution], note: str = ""
) -> list[TextPart]:
    """Summary, signals with the orders they caused, and the long texts; `note` says why those are missing."""
    parts: list[TextPart] = [long_text(decision.summary or "No summary."), "\n"]
    acting = action_chips(decision.signals)
    if acting:
        parts += ["\n", *acting, "\n"]
    link_of = {id(link.signal): link for link in links if link.decision.id == decision.id}
    for signal in decision.signals:
        parts += signal_parts(signal)
        if asks_for_order(signal):
            parts += _order_parts(link_of.get(id(signal)))
    parts += _note_parts(note)
    if texts is not None:
        for title, text in (
            ("Reasoning", texts.reasoning),
            ("Answer", texts.answer),
            ("Prompt", texts.prompt),
        ):
            if text:
                parts += [*heading(title), long_text(text), "\n"]
    return parts


def _order_parts(link: Attribution | None) -> list[TextPart]:
    """The orders that a signal caused, one line each."""
    if link is None or not link.orders:
        return [("      → no matching order\n", "$muted")]
    parts = list[TextPart]()
    for order in link.orders:
        delay_s = (order.at - link.decision.at).total_seconds()
        when = f"{fmt.duration(abs(delay_s))} {'later' if delay_s >= 0 else 'before'}"
        number = f", order {order.oid}" if order.oid is not None else ""
        verb = "opened" if order.effect == "open" else "closed"
        side = (order.side or "").upper()
        parts.append((f"      → {verb} {side} {fmt.sanitise_line(order.coin, 16)} {when}{number}", "$accent"))
        if order.net_usd is not None:
            label = "  since closed: " if order.effect == "open" else "  net "
            tone = fmt.tone(order.net_usd)
            parts += [label, (fmt.gain_usd(order.net_usd, cents=True), f"${tone}" if tone else "")]
        elif order.effect == "open":
            parts.append(("  still open", "$muted"))
        parts.append("\n")
    return parts


def signal_parts(signal: Signal) -> list[TextPart]:
    figures = [
        f"{name} {value}"
        for name, value in (
            ("size", fmt.quantity(signal.quantity)),
            ("leverage", fmt.leverage(signal.leverage)),
            ("stop", fmt.price(signal.stop_loss)),
            ("target", fmt.price(signal.profit_target)),
            ("risk", fmt.usd(signal.risk_usd)),
            ("confidence", fmt.ratio(signal.confidence)),
        )
        if value != fmt.UNKNOWN
    ]
    head = f"\n{fmt.sanitise_line(signal.coin, 16):<6}"
    parts: list[TextPart] = [
        (head, "bold"),
        fmt.sanitise_line(signal.action, 24),
        (f"  {' · '.join(figures)}", "$muted"),
    ]
    for text in (signal.justification, signal.invalidation):
        if text:
            parts += ["\n      ", fmt.sanitise_line(text, 1_000)]
    return [*parts, "\n"]
