"""What runs underneath: feeds, store, and the wire to this terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nof1tui.domain.batch import RateLimitUsage
from nof1tui.domain.board import Board
from nof1tui.domain.health import Health, StoreHealth
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, StoreInventory
from nof1tui.tui.columns.feeds import FEED_COLUMNS, FeedRow, fault_cell
from nof1tui.tui.columns.reconciliation import chain_status_lines
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.table_screen import TableScreen
from nof1tui.tui.style import format as fmt

_MIN_FACT_ROWS = 9
"""Lines beneath the feeds that a low terminal keeps for them."""
_FACT_NAME_WIDTH = 10
"""Cells of what stands before a fact."""
_MAX_DRIFTS_LISTED = 4
"""So many of the newest changes of the schema are named."""
_INVENTORY_EVERY_S = 15.0
"""The store is asked for its rows and its size so often while this screen is seen."""


class SystemScreen(TableScreen[FeedRow]):
    """Feeds above, the store and the wire below."""

    key_scopes = ("system", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("system", "table", "sheet")]
    empty_title = "No feed has been asked yet."

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(
            FEED_COLUMNS,
            key=lambda row: row.health.feed.value,
            with_sums=False,
        )
        self._facts = Static("", markup=False, id="facts")
        self._told = Content("")
        self._inventory: StoreInventory | None = None
        self._wire = OutputRate()
        self._monotonic = monotonic

    def compose_body(self) -> Iterable[Widget]:
        return *super().compose_body(), VerticalScroll(self._facts, id="beneath")

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_INVENTORY_EVERY_S, self._take_stock)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._take_stock()

    @property
    def _health(self) -> Health:
        """Of now: what runs underneath goes on while one looks at the past."""
        newest = self.context.newest
        return newest.health if newest is not None else Health()

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return self._health.feeds, self._health.schema_drift, int(self.context.clock().timestamp())

    def build_rows(self, board: Board) -> Sequence[FeedRow]:
        now, health = self.context.clock(), self._health
        theirs = health.upstream_time(now)
        return [FeedRow(health.feeds[feed], now, theirs) for feed in sorted(health.feeds)]

    def filter_text(self, row: FeedRow) -> str:
        return f"{row.health.feed.value} {fmt.sanitise_line(row.health.failure or '')}"

    def paint(self, board: Board | None) -> None:
        super().paint(board)
        self._tell_facts()

    def tick(self, now: datetime) -> None:
        """Ages of answers and records grow every second."""
        super().tick(now)
        self.paint(self.context.board)

    def distribute_space(self) -> None:
        """Feeds take what they need, what is told beneath them the rest, half in a low one."""
        body = self.size.height - 2 - self.notice.display - self.filter.display
        wanted = max(len(self._table.shown), 3) + 1
        self._table.styles.height = max(min(wanted, max(body - _MIN_FACT_ROWS, body // 2)), 1)

    def _tell_facts(self) -> None:
        self._wire.record(self.context.sent_bytes, self._monotonic())
        health = self._health
        room = max(self._facts.size.width - _FACT_NAME_WIDTH - 2, 20)
        told = Content("\n") + Content("\n").join(
            Content.assemble((f" {name:<{_FACT_NAME_WIDTH}}", "$muted"), line)
            for name, text in (
                *fault_facts(self._table.shown, self._table.column_width("fault")),
                *upstream_facts(health),
                *self._chain_facts(),
                *store_facts(health.store, self._inventory),
                ("Wire", self._wire.text),
            )
            for name, line in _hanging(name, text, room)
        )
        if not told.is_same(self._told):
            self._told = told
            self._facts.update(told)

    def _chain_facts(self) -> list[tuple[str, str]]:
        newest = self.context.newest
        if newest is None:
            return []
        names = {key: self.context.identities.identity_of(key).name for key in newest.reconciliations}
        lines = chain_status_lines(newest.reconciliations, names, self.context.clock())
        return [("" if place else "Chain", line) for place, line in enumerate(lines)]

    def _take_stock(self) -> None:
        """Ask the store for its rows and its size, behind the screen's back."""
        history = self.context.history
        if history is not None and self.context.visible_screen is self:
            self.run_worker(self._count(history), group="inventory", exclusive=True)

    async def _count(self, history: History) -> None:
        try:
            self._inventory = await history.inventory()
        except StoreUnavailable:
            self._inventory = None
        self._tell_facts()


def _hanging(name: str, text: str, room: int) -> list[tuple[str, Content]]:
    """A fact in lines of so many cells, its name before the first."""
    lines = Content(fmt.sanitise_line(text)).wrap(room) or [Content("")]
    return [(name if not place else "", line) for place, line in enumerate(lines)]


def fault_facts(rows: Iterable[FeedRow], room: int) -> list[tuple[str, str]]:
    """What is wrong with each feed, in full, where the table's column has no room for it."""
    told = [(row.health.feed.value, fault_cell(row).text) for row in rows]
    return [(feed, words) for feed, words in told if len(words) > room]


def upstream_facts(health: Health) -> list[tuple[str, str]]:
    """Lines about upstream that hold for all its feeds; none where nothing is odd."""
    facts = []
    if health.skew_s:
        facts.append(
            ("Clock", f"upstream's is {fmt.clock_skew(health.skew_s)} ours; ages are told by upstream's")
        )
    if health.rate_limit is not None:
        facts.append(("Weights", rate_limit_text(health.rate_limit)))
    coerced = sum(feed.coerced for feed in health.feeds.values())
    if health.schema_drift:
        newest = "; ".join(
            f"{item.field}: {item.change}" for item in health.schema_drift[: -_MAX_DRIFTS_LISTED - 1 : -1]
        )
        facts.append(("Drift", f"{len(health.schema_drift)} · {fmt.sanitise_line(newest, 200)}"))
    if coerced:
        facts.append(("Coerced", f"{fmt.number(coerced)} records had values of another type and were read"))
    return facts


def rate_limit_text(budget: RateLimitUsage) -> str:
    """What was asked within a minute, of what may be; and who waits for a turn."""
    words = (
        f"{fmt.number(budget.spent)} of {fmt.number(budget.most)} spent within a minute, at the last answer"
    )
    waits = "question waits" if budget.waiting == 1 else "questions wait"
    return f"{words}; {fmt.number(budget.waiting)} {waits}" if budget.waiting else words


def store_facts(store: StoreHealth, inventory: StoreInventory | None) -> list[tuple[str, str]]:
    """Lines about the store: which, whose, how far behind, how large."""
    role = {
        "collector": "this instance collects",
        "follower": f"follows {store.collector or 'another instance'}",
        "viewer": f"only reads; {store.collector or 'nobody'} collects",
    }
    facts = [
        ("Store", fmt.sanitise_line(store.server or "none", 120)),
        ("Role", role.get(store.role or "", "–")),
    ]
    waiting = f"{store.pending:,} waiting, {store.dropped:,} lost"
    facts.append(
        ("Records", f"{waiting} · {fmt.sanitise_line(store.failure, 200)}" if store.failure else waiting)
    )
    if inventory is not None:
        rows = " · ".join(_counted(name, count) for name, count in inventory.rows.items() if count)
        facts += [("Size", fmt.byte_size(inventory.bytes)), ("Rows", rows or "none yet")]
    return facts


def _counted(table: str, count: int) -> str:
    """`1 season`, `1,988 account snapshots`."""
    name = table.replace("_", " ")
    return f"{fmt.number(count)} {name.removesuffix('s') if count == 1 else name}"


class OutputRate:
    """Bytes a second to this terminal, over the last ten seconds."""

    SPAN_S = 10.0

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def record(self, sent: int | None, at_s: float) -> None:
        """Take note of how many bytes were sent in all."""
        if sent is not None and (not self._marks or at_s - self._marks[-1][0] >= 1.0):
            self._marks = [*self._marks[-int(self.SPAN_S) :], (at_s, sent)]

    @property
    def text(self) -> str:
        if len(self._marks) < 2:
            return "not measured here" if not self._marks else "measuring …"
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return f"{fmt.byte_size(round((last - first) / (ended - began)))}/s to this terminal, {fmt.byte_size(last)} in all"
