"""Columns of what happened: who, what, and the figures of it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from nof1tui.domain.events.event import Event
from nof1tui.tui.columns.trader import side_cell
from nof1tui.tui.columns.trades import model_cell
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.cells import Cell, CellLike, places_that_fit
from nof1tui.tui.style.identities import DisplayIdentity, TraderIdentities
from nof1tui.tui.table.layout import Column

_VERBS = {
    "opened": ("opened", "accent"),
    "closed": ("closed", ""),
    "trade": ("closed", ""),
    "increased": ("increased", ""),
    "reduced": ("reduced", ""),
    "flipped": ("flipped to", "accent"),
    "leverage": ("leverage", ""),
    "plan": ("new plan", ""),
    "liquidation": ("⚠ near", "warn bold"),
    "lead": ("▲ leads", "accent bold"),
    "joined": ("joins", "accent"),
    "coin": ("new coin", "accent"),
    "down": ("○ down", "warn bold"),
    "up": ("● back", "accent"),
    "drift": ("! drifts", "loss bold"),
    "alert": ("! alert", "warn bold"),
}
_INVALIDATION_LIMIT = 60


@dataclass(frozen=True, slots=True)
class EventDescription:
    identity: DisplayIdentity | None
    """None of what happens to a feed or a coin."""
    event: Event
    verb: Cell
    pieces: tuple[Cell, ...]
    """What it was about, in a few words."""
    drop_order: tuple[int, ...] = ()
    """Places of the pieces that leave one after the other where there is no room for all."""

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
        """What the filter looks at."""
        slug = fmt.sanitise_line(self.event.account.slug) if self.event.account else ""
        return f"{self.subject} {slug} {self.event.kind} {self.verb.text} {self.detail}"


def describe_event(event: Event, lineup: TraderIdentities) -> EventDescription:
    """The line of an event; of a kind that nobody knows here, its own name and the figures it has."""
    face = lineup.identity_of(event.account) if event.account else None
    leaves: tuple[int, ...] = ()
    match event.kind:
        case "rank":
            pieces = _rank(event)
        case "plan":
            pieces = [*_what(event), *_plan(event)]
        case "leverage":
            pieces = [*_what(event), Cell(f" {fmt.leverage(event.before)} → {fmt.leverage(event.value)}")]
        case "liquidation":
            away = "" if event.value is None else f" · {event.value:.1f}% away"
            pieces = [*_what(event), Cell(f" @ {fmt.price(event.price)}"), Cell(away, "warn")]
            leaves = (len(pieces) - 2,)
        case "down" | "up":
            reason = fmt.sanitise_line(event.reason or "", 200)
            pieces = [Cell(str(event.feed or ""), "bold"), Cell(f" {reason}" if reason else "", "muted")]
        case "drift":
            away = f"{event.value:+.1f}% " if event.value else ""
            pieces = [Cell(away, "loss"), Cell(fmt.sanitise_line(event.reason or "", 200))]
        case "alert":
            pieces = [Cell(fmt.sanitise_line(event.reason or "", 200))]
        case _:
            pieces, leaves = _figures(event, lineup)
    return EventDescription(face, event, _verb(event), tuple(pieces), leaves)


def _verb(event: Event) -> Cell:
    if event.kind == "rank":
        rose = (event.value or 0.0) < (event.before or 0.0)
        return Cell("▲ rises" if rose else "▼ falls", "gain" if rose else "loss")
    return Cell(*_VERBS.get(event.kind, (fmt.sanitise_line(event.kind.replace("_", " "), 16), "")))


def _what(event: Event) -> list[Cell]:
    """Side and coin."""
    pieces = [side_cell(event.side), Cell(" ")] if event.side is not None else []
    return [*pieces, Cell(fmt.sanitise_line(event.coin or "", 16), "bold")]


def _rank(event: Event) -> list[Cell]:
    return [Cell(f"to #{event.value or 0:.0f}", "bold"), Cell(f" from #{event.before or 0:.0f}", "muted")]


def _plan(event: Event) -> list[Cell]:
    """What of the exit plan is new, old values first."""
    now, was = event.plan, event.plan_before
    if now is None:
        return [Cell(" has no exit plan any more", "muted")]
    told = [
        f"{name} {_moved(getattr(was, key, None), getattr(now, key))}"
        for name, key in (("stop", "stop_loss"), ("target", "profit_target"))
        if was is None or getattr(was, key) != getattr(now, key)
    ]
    if now.invalidation and (was is None or was.invalidation != now.invalidation):
        told.append(f"invalid when: {fmt.sanitise_line(now.invalidation, _INVALIDATION_LIMIT)}")
    return [Cell(f" {', '.join(told)}")]


def _moved(was: float | None, now: float | None) -> str:
    told = fmt.price(now) if now is not None else "none"
    return told if was is None else f"{fmt.price(was)} → {told}"


def _figures(event: Event, lineup: TraderIdentities) -> tuple[list[Cell], tuple[int, ...]]:
    """What there is of side, size, coin, price, leverage; where room is short these leave from the last."""
    pieces, leaves = list[Cell](), list[int]()
    if event.side is not None:
        pieces += [side_cell(event.side), Cell(" ")]
    if event.quantity is not None:
        leaves.insert(0, len(pieces))
        pieces.append(Cell(f"{fmt.quantity(event.quantity)} "))
    if event.coin is not None:
        pieces.append(Cell(fmt.sanitise_line(event.coin, 16), "bold"))
    if event.price is not None:
        leaves.insert(0, len(pieces))
        pieces.append(Cell(f" @ {fmt.price(event.price)}"))
    if event.leverage is not None:
        leaves.insert(0, len(pieces))
        pieces.append(Cell(f" · {fmt.leverage(event.leverage)}", "muted"))
    if event.other is not None:
        pieces.append(
            Cell(f"{'from ' if event.kind == 'lead' else ''}{lineup.identity_of(event.other).name}")
        )
    return pieces, tuple(leaves)


def _model(line: EventDescription, width: int = 99) -> CellLike:
    return model_cell(line.identity, width) if line.identity else Cell(line.subject, "muted")


def _net(line: EventDescription) -> Cell:
    value = line.event.net_usd
    return Cell("" if value is None else fmt.gain_usd(value, cents=True), fmt.tone(value))


def _detail(line: EventDescription) -> CellLike:
    return line.pieces or Cell("")


def _fitted_detail(line: EventDescription, width: int) -> CellLike:
    sizes = [cell_len(piece.text) for piece in line.pieces]
    return tuple(line.pieces[place] for place in places_that_fit(sizes, line.drop_order, width)) or Cell("")


EVENT_COLUMNS: tuple[Column[EventDescription], ...] = (
    Column(
        "at",
        "Time",
        12,
        lambda line: Cell(fmt.day_and_time(line.event.at), "muted"),
        sort_key=lambda line: line.event.at.timestamp(),
        drop_order=2,
        tooltip="UTC",
    ),
    Column(
        "model",
        "Model",
        14,
        _model,
        render_at_width=_model,
        justify="left",
        sort_key=lambda line: line.subject,
        grows=True,
        max_width=28,
    ),
    Column("kind", "Event", 10, lambda line: line.verb, justify="left", sort_key=lambda line: line.verb.text),
    Column(
        "detail",
        "What",
        18,
        _detail,
        justify="left",
        sort_key=lambda line: line.event.coin or line.detail,
        grows=True,
        max_width=44,
        render_at_width=_fitted_detail,
        tooltip="Sorts by coin",
    ),
    Column(
        "net",
        "Net",
        11,
        _net,
        sort_key=lambda line: line.event.net_usd,
        drop_order=1,
        tooltip="Of a closed trade",
    ),
)
