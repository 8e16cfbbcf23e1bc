"""One record in full, as the text of the detail page."""

from __future__ import annotations

from collections.abc import Sequence

from nof1tui.domain.decisions.attribution import Attribution, asks_for_order
from nof1tui.domain.fills.to_trades import round_trip_details
from nof1tui.domain.metrics import basic
from nof1tui.domain.records import Decision, DecisionTexts, Position, Signal, Trade
from nof1tui.tui.columns.chat import action_chips
from nof1tui.tui.columns.trader import PositionRow, plan_text, trade_side
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.text.empty_states import has_decisions

_TEXT_LIMIT = 60_000
"""Characters of a long text shown; what is longer is cut and said to be."""


def field_line(name: str, value: str, style: str = "") -> list[TextPart]:
    return [(f"{name:<15}", "$muted"), (value, style), "\n"]


def _toned(name: str, value: float | None) -> list[TextPart]:
    tone = fmt.tone(value)
    return field_line(name, fmt.gain_usd(value, cents=True), f"${tone}" if tone else "")


def heading(words: str) -> list[TextPart]:
    return [(f"\n{words}\n", "$accent bold")]


def long_text(text: str) -> str:
    plain = fmt.sanitise(text)
    if len(plain) <= _TEXT_LIMIT:
        return plain
    return f"{plain[:_TEXT_LIMIT]}\n… {len(plain) - _TEXT_LIMIT:,} more characters are in the store"


def position_detail(row: PositionRow, note: str = "") -> list[TextPart]:
    """`note` says why more is not told."""
    position, plan = row.position, row.position.exit_plan
    away = basic.liquidation_distance_pct(position)
    parts = [
        *field_line("Side", f"{position.side.upper()} {fmt.quantity(position.quantity)} {row.coin}"),
        *field_line("Entry", f"{fmt.price(position.entry_price)}  {fmt.day_and_time(position.entry_at)} UTC"),
        *field_line("Mark", fmt.price(position.mark_price)),
        *field_line("Leverage", fmt.leverage(position.leverage)),
        *field_line("Notional", fmt.usd(position.notional_usd)),
        *field_line("Margin", fmt.usd(position.margin_usd)),
        *_toned("Unrealised", position.unrealized_usd),
        *field_line(
            "Liquidation", fmt.price(position.liquidation_price) + (f"  {away:.1f}% away" if away else "")
        ),
        *field_line("Plan", plan_text(position).strip()),
        *(_conviction(position) if has_decisions(row.account_row.account) else ()),
        *field_line("Held", fmt.duration(row.held_s)),
        *field_line("Orders", _orders(position.entry_oid, position.tp_oid, position.sl_oid)),
    ]
    if plan is not None and plan.invalidation:
        parts += [*heading("Invalid when"), long_text(plan.invalidation), "\n"]
    return [*parts, *_noted(note)]


def _conviction(position: Position) -> list[TextPart]:
    """What its trader says to risk, and how sure it is."""
    return [
        *field_line("Risk", f"{fmt.usd(position.risk_usd)}  now {fmt.risk(basic.risk_multiple(position))}"),
        *field_line("Confidence", fmt.ratio(position.confidence)),
    ]


def _noted(note: str) -> list[TextPart]:
    return ["\n", (note, "$muted"), "\n"] if note else []


def _orders(entry: int | None, target: int | None, stop: int | None) -> str:
    named = (("entry", entry), ("target", target), ("stop", stop))
    return ", ".join(f"{name} {number}" for name, number in named if number is not None) or fmt.UNKNOWN


def trade_detail(trade: Trade, note: str = "") -> list[TextPart]:
    """`note` says why more is not told."""
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
        *(_told_of_net(trade) if has_decisions(trade.account) else _folded(trade)),
        *_noted(note),
    ]


def _told_of_net(trade: Trade) -> list[TextPart]:
    words = "\nNet is the arena's own figure; it is not always gross minus fees.\n"
    return [*_toned("Net", trade.net_usd), (words, "$muted")]


def _folded(trade: Trade) -> list[TextPart]:
    """What became of a wallet's fills: funding, how it ended, and what is not known of it."""
    its = round_trip_details(trade)
    count = "1 fill" if its.fills == 1 else f"{fmt.number(its.fills)} fills"
    parts = [
        *_toned("Funding", its.funding_usd),
        *_toned("Net", trade.net_usd),
        *(field_line("Ended by", fmt.sanitise_line(its.closed_by, 60), "$warning") if its.closed_by else ()),
        (f"\nFolded from {count}; net is gross less fees, plus funding.\n", "$muted"),
    ]
    if its.incomplete:
        parts.append(
            ("The chain does not tell all of its fills: its figures are those of the rest.\n", "$warning")
        )
    return parts


def decision_detail(
    decision: Decision, texts: DecisionTexts | None, links: Sequence[Attribution], note: str = ""
) -> list[TextPart]:
    """Summary, signals and what they caused, the long texts once loaded; `note` says why they are not."""
    parts: list[TextPart] = [long_text(decision.summary or "No summary."), "\n"]
    acting = action_chips(decision.signals)
    if acting:
        parts += ["\n", *acting, "\n"]
    caused = {id(its.signal): its for its in links if its.decision.id == decision.id}
    for signal in decision.signals:
        parts += signal_parts(signal)
        if asks_for_order(signal):
            parts += _caused(caused.get(id(signal)))
    parts += _noted(note)
    if texts is not None:
        for words, text in (
            ("Reasoning", texts.reasoning),
            ("Answer", texts.answer),
            ("Prompt", texts.prompt),
        ):
            if text:
                parts += [*heading(words), long_text(text), "\n"]
    return parts


def _caused(link: Attribution | None) -> list[TextPart]:
    """What a signal brought about."""
    if link is None or not link.orders:
        return [("      → no order of it is known\n", "$muted")]
    parts = list[TextPart]()
    for fill in link.orders:
        apart = (fill.at - link.decision.at).total_seconds()
        when = f"{fmt.duration(abs(apart))} {'later' if apart >= 0 else 'before'}"
        order = f", order {fill.oid}" if fill.oid is not None else ""
        did = "opened" if fill.effect == "open" else "closed"
        side = (fill.side or "").upper()
        parts.append((f"      → {did} {side} {fmt.sanitise_line(fill.coin, 16)} {when}{order}", "$accent"))
        if fill.net_usd is not None:
            since = "  closed since: " if fill.effect == "open" else "  net "
            tone = fmt.tone(fill.net_usd)
            parts += [since, (fmt.gain_usd(fill.net_usd, cents=True), f"${tone}" if tone else "")]
        elif fill.effect == "open":
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
    for words in (signal.justification, signal.invalidation):
        if words:
            parts += ["\n      ", fmt.sanitise_line(words, 1_000)]
    return [*parts, "\n"]
