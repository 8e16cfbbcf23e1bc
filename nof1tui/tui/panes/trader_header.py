"""The first line of the trader screen: who, which place, how much, against what."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from nof1tui.domain.board import Board
from nof1tui.domain.metrics.ranking import LeaderboardRow
from nof1tui.tui.columns.reconciliation import chain_status
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.identities import DisplayIdentity
from nof1tui.tui.style.list_entry import StyledText


def excess_return_pp(board: Board, standing: LeaderboardRow) -> float | None:
    """Return beyond the benchmark's, in percentage points."""
    benchmark = next((s for s in board.leaderboard if s.is_benchmark), None)
    if benchmark is None or standing.is_benchmark:
        return None
    if benchmark.return_pct is None or standing.return_pct is None:
        return None
    return standing.return_pct - benchmark.return_pct


def name_only_header(face: DisplayIdentity) -> Content:
    """The name alone, where nothing is known."""
    return Content.assemble(*_name(face))


def _name(face: DisplayIdentity) -> list[StyledText]:
    return [("‹esc ", "$muted"), (f"▌{face.name}", f"{face.color} bold")]


def header_content(
    board: Board, standing: LeaderboardRow, face: DisplayIdentity, width: int, now: datetime
) -> Content:
    """The line, its less needed parts left out as `width` shrinks."""
    trader, places = standing.trader, sum(not s.is_benchmark for s in board.leaderboard)
    maker = fmt.sanitise_line(trader.maker or "", 20)
    gain, beyond = standing.return_pct, excess_return_pp(board, standing)
    exposure = standing.exposure_gross
    net = standing.exposure_net or 0.0
    lean = "" if not exposure else " long" if net > 0 else " short" if net < 0 else " flat"
    candidates: list[tuple[float, list[StyledText]]] = [
        (9, _name(face)),
        (1, [(f" · {maker}", "$muted")] if maker else []),
        (
            0,
            [(f" · {fmt.sanitise_line(trader.id, 28)}", "$muted")]
            if fmt.sanitise_line(trader.id) != face.name
            else [],
        ),
        (
            6,
            [(f"   #{standing.rank} of {places}", "bold")] if standing.rank else [("   benchmark", "$muted")],
        ),
        (8, [(f"   {fmt.usd(standing.equity_usd)}", "bold")]),
        (7, [(f"   {fmt.pct(gain, 2)}", _tone(gain))]),
        (4, [("   vs hold ", "$muted"), (fmt.points(beyond), _tone(beyond))] if beyond is not None else []),
        (3, [("   exposure ", "$muted"), (f"{fmt.multiple(exposure)}{lean}", "")]),
        (2, [("   max dd ", "$muted"), (fmt.pct(standing.max_drawdown_pct), "")]),
    ]
    chain = chain_status(board.reconciliations.get(standing.account), now)
    if chain is not None:
        check = board.reconciliations[standing.account]
        if check.verdict != "agrees":
            candidates.append((8.5, [chain]))
        if check.verdict == "drift":
            candidates.append((3.5, [(f" {fmt.sanitise_line(check.reason, 80)}", "$loss")]))
    room, kept = width - 24, set[float]()
    for weight, parts in sorted(candidates, key=lambda item: -item[0]):
        room -= sum(len(text) for text, _ in parts)
        if room < 0:
            break
        kept.add(weight)
    return Content.assemble(*(part for weight, parts in candidates if weight in kept for part in parts))


def _tone(value: float | None) -> str:
    tone = fmt.tone(value)
    return f"${tone} bold" if tone else ""
