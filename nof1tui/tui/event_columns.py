"""Columns of what happened: who, what, and the figures of it."""

from __future__ import annotations

from dataclasses import dataclass

from nof1tui.domain.events import Event
from nof1tui.tui import format as fmt
from nof1tui.tui.cells import Cell, CellLike
from nof1tui.tui.lineup import Face, Lineup
from nof1tui.tui.trade_columns import model_cell
from nof1tui.tui.trader_columns import side_cell
from nof1tui.tui.widgets.table_strips import Column

_VERBS = {
    "opened": ("opened", "accent"),
    "closed": ("closed", ""),
    "trade": ("closed", ""),
    "increased": ("increased", ""),
    "reduced": ("reduced", ""),
    "flipped": ("flipped to", "accent"),
    "lead": ("▲ leads", "accent bold"),
    "joined": ("joins", "accent"),
}


@dataclass(frozen=True, slots=True)
class EventLine:
    face: Face
    event: Event
    verb: Cell
    pieces: tuple[Cell, ...]
    """What it was about, in a few words."""

    @property
    def detail(self) -> str:
        return "".join(cell.text for cell in self.pieces).strip()

    @property
    def words(self) -> str:
        """What the filter looks at."""
        slug = fmt.plain_line(self.event.account.slug)
        return f"{self.face.name} {slug} {self.event.kind} {self.verb.text} {self.detail}"


def event_line(event: Event, lineup: Lineup) -> EventLine:
    """The line of an event; of a kind that nobody knows here, its own name and the figures it has."""
    verb, tone = _VERBS.get(event.kind, (fmt.plain_line(event.kind.replace("_", " "), 16), ""))
    pieces = list[Cell]()
    if event.side is not None:
        pieces += [side_cell(event.side), Cell(" ")]
    if event.quantity is not None:
        pieces.append(Cell(f"{fmt.quantity(event.quantity)} "))
    if event.coin is not None:
        pieces.append(Cell(fmt.plain_line(event.coin, 16), "bold"))
    if event.price is not None:
        pieces.append(Cell(f" @ {fmt.price(event.price)}"))
    if event.leverage is not None:
        pieces.append(Cell(f" · {fmt.leverage(event.leverage)}", "muted"))
    if event.other is not None:
        pieces.append(Cell(f"{'from ' if event.kind == 'lead' else ''}{lineup.face(event.other).name}"))
    return EventLine(lineup.face(event.account), event, Cell(verb, tone), tuple(pieces))


def _net(line: EventLine) -> Cell:
    value = line.event.net_usd
    return Cell("" if value is None else fmt.gain_usd(value, cents=True), fmt.tone(value))


def _detail(line: EventLine) -> CellLike:
    return line.pieces or Cell("")


EVENT_COLUMNS: tuple[Column[EventLine], ...] = (
    Column(
        "at",
        "Time",
        12,
        lambda line: Cell(fmt.day_clock(line.event.at), "muted"),
        sort=lambda line: line.event.at.timestamp(),
        leaves=2,
        tooltip="UTC",
    ),
    Column(
        "model",
        "Model",
        14,
        lambda line: model_cell(line.face),
        justify="left",
        sort=lambda line: line.face.name,
        grows=True,
        most=28,
    ),
    Column("kind", "Event", 10, lambda line: line.verb, justify="left", sort=lambda line: line.verb.text),
    Column(
        "detail",
        "What",
        18,
        _detail,
        justify="left",
        sort=lambda line: line.event.coin or line.detail,
        grows=True,
        most=44,
        tooltip="Sorts by coin",
    ),
    Column(
        "net", "Net", 11, _net, sort=lambda line: line.event.net_usd, leaves=1, tooltip="Of a closed trade"
    ),
)
