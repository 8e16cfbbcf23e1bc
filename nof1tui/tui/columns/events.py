"""Columns of the event log: time, model, event and its figures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.cells import cell_len

from nof1tui.domain.events.event import Event
from nof1tui.domain.figures.views import EventView
from nof1tui.tui.columns.looks import Look, figure_columns, model_cell, model_column, side_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike, places_that_fit
from nof1tui.tui.style.identities import DisplayIdentity, TraderIdentities
from nof1tui.tui.table.layout import Column, as_read

_VERBS = {
    "opened": ("opened", "accent"),
    "closed": ("closed", ""),
    "trade": ("closed", ""),
    "increased": ("increased", ""),
    "reduced": ("reduced", ""),
    "flipped": ("flipped", "accent"),
    "leverage": ("leverage", ""),
    "plan": ("plan changed", ""),
    "liquidation": ("⚠ near liq.", "warn bold"),
    "lead": ("takes the lead", "accent bold"),
    "joined": ("new trader", "accent"),
    "coin": ("new coin", "accent"),
    "down": ("○ down", "warn bold"),
    "up": ("● recovered", "accent"),
    "drift": ("! chain mismatch", "loss bold"),
    "alert": ("! alert", "warn bold"),
}
_INVALIDATION_LIMIT = 60


@dataclass(frozen=True, slots=True)
class EventDescription:
    """An event as a row of the log."""

    identity: DisplayIdentity | None
    """None for an event of a feed or a coin."""
    event: Event
    verb: Cell
    pieces: tuple[Cell, ...]
    """The details."""
    drop_order: tuple[int, ...] = ()
    """Indexes of the pieces in the order in which they are dropped when the column is narrow."""

    @property
    def subject(self) -> str:
        if self.identity:
            return self.identity.name
        return f"feed {self.event.feed}" if self.event.feed else fmt.sanitise_line(self.event.coin or "–", 16)

    @property
    def detail(self) -> str:
        return "".join(cell.text for cell in self.pieces).strip()

    @property
    def filter_text(self) -> str:
        """The text that the filter searches."""
        slug = fmt.sanitise_line(self.event.account.slug) if self.event.account else ""
        return f"{self.subject} {slug} {self.event.kind} {self.verb.text} {self.detail}"


def describe_event(event: Event, identities: TraderIdentities) -> EventDescription:
    """The row of an event; an unknown kind shows its name and the figures it has."""
    identity = identities.identity_of(event.account) if event.account else None
    dropped: tuple[int, ...] = ()
    match event.kind:
        case "rank":
            pieces = _rank(event)
        case "plan":
            pieces = [*_position(event), *_plan(event)]
        case "leverage":
            pieces = [*_position(event), Cell(f" {fmt.leverage(event.before)} → {fmt.leverage(event.value)}")]
        case "liquidation":
            away = "" if event.value is None else f" · {event.value:.1f}% away"
            pieces = [*_position(event), Cell(f" @ {fmt.price(event.price)}"), Cell(away, "warn")]
            dropped = (len(pieces) - 2,)
        case "down" | "up":
            reason = fmt.sanitise_line(event.reason or "", 200)
            pieces = [Cell(str(event.feed or ""), "bold"), Cell(f" {reason}" if reason else "", "muted")]
        case "drift":
            away = f"{event.value:+.1f}% " if event.value else ""
            pieces = [Cell(away, "loss"), Cell(fmt.sanitise_line(event.reason or "", 200))]
        case "alert":
            pieces = [Cell(fmt.sanitise_line(event.reason or "", 200))]
        case _:
            pieces, dropped = _figures(event, identities)
    return EventDescription(identity, event, _verb(event), tuple(pieces), dropped)


def _verb(event: Event) -> Cell:
    if event.kind == "rank":
        rose = (event.value or 0.0) < (event.before or 0.0)
        return Cell("▲ rank" if rose else "▼ rank", "gain" if rose else "loss")
    return Cell(*_VERBS.get(event.kind, (fmt.sanitise_line(event.kind.replace("_", " "), 16), "")))


def _position(event: Event) -> list[Cell]:
    """Side and coin."""
    pieces = [side_cell(event.side), Cell(" ")] if event.side is not None else []
    return [*pieces, Cell(fmt.sanitise_line(event.coin or "", 16), "bold")]


def _rank(event: Event) -> list[Cell]:
    return [Cell(f"#{event.before or 0:.0f} → ", "muted"), Cell(f"#{event.value or 0:.0f}", "bold")]


def _plan(event: Event) -> list[Cell]:
    """What changed in the exit plan, old values first."""
    now, was = event.plan, event.plan_before
    if now is None:
        return [Cell(" exit plan removed", "muted")]
    changes = [
        f"{name} {_moved(getattr(was, key, None), getattr(now, key))}"
        for name, key in (("stop", "stop_loss"), ("target", "profit_target"))
        if was is None or getattr(was, key) != getattr(now, key)
    ]
    if now.invalidation and (was is None or was.invalidation != now.invalidation):
        changes.append(f"invalidation: {fmt.sanitise_line(now.invalidation, _INVALIDATION_LIMIT)}")
    return [Cell(f" {', '.join(changes)}")]


def _moved(was: float | None, now: float | None) -> str:
    text = fmt.price(now) if now is not None else "none"
    return text if was is None else f"{fmt.price(was)} → {text}"


def _figures(event: Event, identities: TraderIdentities) -> tuple[list[Cell], tuple[int, ...]]:
    """Side, size, coin, price and leverage where known, and which are dropped when the column is narrow."""
    pieces, dropped = list[Cell](), list[int]()
    if event.side is not None:
        pieces += [side_cell(event.side), Cell(" ")]
    if event.quantity is not None:
        dropped.insert(0, len(pieces))
        pieces.append(Cell(f"{fmt.quantity(event.quantity)} "))
    if event.coin is not None:
        pieces.append(Cell(fmt.sanitise_line(event.coin, 16), "bold"))
    if event.price is not None:
        dropped.insert(0, len(pieces))
        pieces.append(Cell(f" @ {fmt.price(event.price)}"))
    if event.leverage is not None:
        dropped.insert(0, len(pieces))
        pieces.append(Cell(f" · {fmt.leverage(event.leverage)}", "muted"))
    if event.other is not None:
        pieces.append(
            Cell(f"{'from ' if event.kind == 'lead' else ''}{identities.identity_of(event.other).name}")
        )
    return pieces, tuple(dropped)


def _model(line: EventDescription, width: int = 99) -> CellLike:
    return model_cell(line.identity, width) if line.identity else Cell(line.subject, "muted")


def _detail(line: EventDescription) -> CellLike:
    return line.pieces or Cell("")


def _fitted_detail(line: EventDescription, width: int) -> CellLike:
    sizes = [cell_len(piece.text) for piece in line.pieces]
    return tuple(line.pieces[place] for place in places_that_fit(sizes, line.drop_order, width)) or Cell("")


def event_columns() -> tuple[Column[EventDescription], ...]:
    """Time, model or feed, event, its figures, and the net P&L of a trade."""
    columns: tuple[Column[EventDescription], ...] = figure_columns(
        "event", _LOOKS, lambda line: EventView(line.event)
    )
    at, kind, detail, net = columns
    return (
        at,
        replace(model_column(14), read=_model, read_at_width=_model, sort_key=lambda line: line.subject),
        replace(kind, read=lambda line: line.verb, paint=as_read, sort_key=lambda line: line.verb.text),
        replace(detail, read=_detail, paint=as_read, read_at_width=_fitted_detail, max_width=44,
                sort_key=lambda line: line.event.coin or line.detail, tooltip="Sorts by coin"),
        net,
    )  # fmt: skip


def _net_cell(value: float | None) -> Cell:
    return Cell("" if value is None else fmt.gain_usd(value, cents=True), fmt.tone(value))


_LOOKS = {
    "at": Look(12, 2, style="muted", title="Time"),
    "kind": Look(16),
    "detail": Look(18, grows=True),
    "net_usd": Look(11, 1, paint=_net_cell),
}
