"""The heading of the trader screen: name, rank, equity, return, excess return, exposure, drawdown."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.figures import performance
from nof1tui.domain.figures.views import AccountView
from nof1tui.tui.columns.reconciliation import chain_status
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.list_entry import StyledText


def name_only_header(identity: DisplayIdentity) -> Content:
    """The heading of a trader without a leaderboard row."""
    return Content.assemble(*_name(identity))


def _name(identity: DisplayIdentity) -> list[StyledText]:
    return [("‹esc ", "$muted"), (f"▌{identity.name}", f"{identity.color} bold")]


def header_content(
    board: Board, view: AccountView, identity: DisplayIdentity, width: int, now: datetime
) -> Content:
    """The heading; parts of lower weight are left out as `width` shrinks."""
    candidates = _header_parts(board, view, identity)
    check = view.check
    chain = chain_status(check, now)
    if chain is not None and check is not None:
        if check.verdict != "agrees":
            candidates.append((8.5, [chain]))
        if check.verdict == "drift":
            candidates.append((3.5, [(f" {fmt.sanitise_line(check.reason, 80)}", "$loss")]))
    free, shown = width - 24, set[float]()
    for weight, parts in sorted(candidates, key=lambda item: -item[0]):
        free -= sum(len(text) for text, _ in parts)
        if free < 0:
            break
        shown.add(weight)
    return Content.assemble(*(part for weight, parts in candidates if weight in shown for part in parts))


def _header_parts(
    board: Board, view: AccountView, identity: DisplayIdentity
) -> list[tuple[float, list[StyledText]]]:
    """(weight, texts) of the parts of the heading, left to right."""
    row, trader = view.leaderboard_row, view.trader
    ranked = sum(not other.is_benchmark for other in board.leaderboard)
    maker = fmt.sanitise_line(trader.maker or "", 20)
    gain = row.return_pct
    beyond = None if row.is_benchmark else performance.excess_pct.value(view)
    exposure = row.exposure_gross
    net = row.exposure_net or 0.0
    lean = "" if not exposure else " long" if net > 0 else " short" if net < 0 else " flat"
    return [
        (9, _name(identity)),
        (1, [(f" · {maker}", "$muted")] if maker else []),
        (
            0,
            [(f" · {fmt.sanitise_line(trader.id, 28)}", "$muted")]
            if fmt.sanitise_line(trader.id) != identity.name
            else [],
        ),
        (
            6,
            [(f"   #{row.rank} of {ranked}", "bold")] if row.rank else [("   benchmark", "$muted")],
        ),
        (8, [(f"   {fmt.usd(row.equity_usd)}", "bold")]),
        (7, [(f"   {fmt.pct(gain, 2)}", _tone(gain))]),
        (4, [("   vs hold ", "$muted"), (fmt.points(beyond), _tone(beyond))] if beyond is not None else []),
        (3, [("   exposure ", "$muted"), (f"{fmt.multiple(exposure)}{lean}", "")]),
        (2, [("   max dd ", "$muted"), (fmt.pct(row.max_drawdown_pct), "")]),
    ]


def _tone(value: float | None) -> str:
    tone = fmt.tone(value)
    return f"${tone} bold" if tone else ""
