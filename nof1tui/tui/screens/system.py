"""The System screen: feeds, API, chain check, store, terminal output."""

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
from nof1tui.domain.export.documents import FEEDS
from nof1tui.domain.figures.views import FeedView
from nof1tui.domain.health import Health, StoreHealth
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, StoreInventory
from nof1tui.tui.columns.feeds import fault_cell, feed_columns
from nof1tui.tui.columns.reconciliation import chain_status_lines
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.screens.table_screen import TableScreen
from nof1tui.tui.style import format as fmt

_MIN_FACT_ROWS = 9
"""Rows reserved for the facts below the feeds."""
_FACT_NAME_WIDTH = 16
"""Cells of a fact's name."""
_MAX_DRIFTS_LISTED = 4
"""Most schema changes listed, newest first."""
_INVENTORY_EVERY_S = 15.0
"""Interval between reads of the store's size and row counts while this screen is visible."""


class SystemScreen(TableScreen[FeedView]):
    """A table of the feeds; facts about API, chain check, store and terminal below it."""

    key_scopes = ("system", "table", "sheet")
    BINDINGS: ClassVar[list[BindingType]] = [*textual_bindings("system", "table", "sheet")]
    document = FEEDS
    empty_title = "No feed polled yet."

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(
            feed_columns(),
            key=lambda row: row.health.feed.value,
            with_summary=False,
        )
        self._facts = Static("", markup=False, id="facts")
        self._facts_text = Content("")
        self._inventory: StoreInventory | None = None
        self._output_rate = OutputRate()
        self._monotonic = monotonic

    def compose_body(self) -> Iterable[Widget]:
        return *super().compose_body(), VerticalScroll(self._facts, id="facts-scroll")

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(_INVENTORY_EVERY_S, self._refresh_inventory)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._refresh_inventory()

    @property
    def _health(self) -> Health:
        """Health of the newest board, also while the past is shown."""
        newest = self.context.newest
        return newest.health if newest is not None else Health()

    def row_inputs(self, board: Board) -> tuple[object, ...]:
        return self._health.feeds, self._health.schema_drift, int(self.context.clock().timestamp())

    def build_rows(self, board: Board) -> Sequence[FeedView]:
        now, health = self.context.clock(), self._health
        server_now = health.upstream_time(now)
        return [FeedView(health.feeds[feed], now, server_now) for feed in sorted(health.feeds)]

    def filter_text(self, row: FeedView) -> str:
        return f"{row.health.feed.value} {fmt.sanitise_line(row.health.failure or '')}"

    def views_of(self, row: FeedView) -> Sequence[FeedView]:
        return (row,)

    def paint(self, board: Board | None) -> None:
        super().paint(board)
        self._update_facts()

    def tick(self, now: datetime) -> None:
        """Repaint every second: the table shows ages."""
        super().tick(now)
        self.paint(self.context.board)

    def distribute_space(self) -> None:
        """Feeds take their rows, facts the rest; in a low terminal each takes half."""
        body = self.size.height - 2 - self.notice.display - self.filter.display
        all_rows = max(len(self._table.shown), 3) + 1
        self._table.styles.height = max(min(all_rows, max(body - _MIN_FACT_ROWS, body // 2)), 1)

    def _update_facts(self) -> None:
        self._output_rate.record(self.context.sent_bytes, self._monotonic())
        health = self._health
        width = max(self._facts.size.width - _FACT_NAME_WIDTH - 2, 20)
        facts = Content("\n") + Content("\n").join(
            Content.assemble((f" {name:<{_FACT_NAME_WIDTH}}", "$muted"), line)
            for name, text in (
                *fault_facts(self._table.shown, self._table.column_width("last_error")),
                *upstream_facts(health),
                *self._chain_facts(),
                *store_facts(health.store, self._inventory),
                ("Terminal output", self._output_rate.text),
            )
            for name, line in _wrap(name, text, width)
        )
        if not facts.is_same(self._facts_text):
            self._facts_text = facts
            self._facts.update(facts)

    def _chain_facts(self) -> list[tuple[str, str]]:
        newest = self.context.newest
        if newest is None:
            return []
        names = {key: self.context.identities.identity_of(key).name for key in newest.reconciliations}
        lines = chain_status_lines(newest.reconciliations, names, self.context.clock())
        return [("" if place else "Chain", line) for place, line in enumerate(lines)]

    def _refresh_inventory(self) -> None:
        """Read the store's size and row counts in a worker."""
        history = self.context.history
        if history is not None and self.context.visible_screen is self:
            self.run_worker(self._read_inventory(history), group="inventory", exclusive=True)

    async def _read_inventory(self, history: History) -> None:
        try:
            self._inventory = await history.inventory()
        except StoreUnavailable:
            self._inventory = None
        self._update_facts()


def _wrap(name: str, text: str, width: int) -> list[tuple[str, Content]]:
    """A fact in lines of `width` cells, its name before the first."""
    lines = Content(fmt.sanitise_line(text)).wrap(width) or [Content("")]
    return [(name if not place else "", line) for place, line in enumerate(lines)]


def fault_facts(rows: Iterable[FeedView], width: int) -> list[tuple[str, str]]:
    """The faults of feeds in full, where they exceed the `width` of the table's column."""
    faults = [(row.health.feed.value, fault_cell(row).text) for row in rows]
    return [(feed, fault) for feed, fault in faults if len(fault) > width]


def upstream_facts(health: Health) -> list[tuple[str, str]]:
    """Facts about the API as a whole: clock skew, rate limit, schema drift, converted types."""
    facts = []
    if health.skew_s:
        facts.append(("Clock", f"server clock {fmt.clock_skew(health.skew_s)} ours; ages use server time"))
    if health.rate_limit is not None:
        facts.append(("Rate limit", rate_limit_text(health.rate_limit)))
    coerced = sum(feed.coerced for feed in health.feeds.values())
    if health.schema_drift:
        newest = "; ".join(
            f"{item.field}: {item.change}" for item in health.schema_drift[: -_MAX_DRIFTS_LISTED - 1 : -1]
        )
        facts.append(("Schema drift", f"{len(health.schema_drift)} · {fmt.sanitise_line(newest, 200)}"))
    if coerced:
        facts.append(("Coerced", f"{fmt.number(coerced)} records with converted types"))
    return facts


def rate_limit_text(usage: RateLimitUsage) -> str:
    """Weight used of the limit per minute, and the number of queued requests."""
    text = f"{fmt.number(usage.spent)} of {fmt.number(usage.most)} per minute"
    return f"{text}; {fmt.number(usage.waiting)} queued" if usage.waiting else text


def store_facts(store: StoreHealth, inventory: StoreInventory | None) -> list[tuple[str, str]]:
    """Facts about the store: server, role of this instance, queued records, size, rows."""
    role = {
        "collector": "collector (this instance)",
        "follower": f"follower of {store.collector or 'another instance'}",
        "viewer": f"read-only; collector: {store.collector or 'none'}",
    }
    replica = "" if store.replica_lag_s is None else f"replica, {store.replica_lag_s:.0f} s behind; "
    facts = [
        ("Store", fmt.sanitise_line(store.server or "none", 120)),
        ("Role", replica + role.get(store.role or "", "–")),
    ]
    queue = f"{store.pending:,} queued, {store.dropped:,} dropped"
    queue += f", {store.rejected:,} set aside" if store.rejected else ""
    facts.append(
        ("Records", f"{queue} · {fmt.sanitise_line(store.failure, 200)}" if store.failure else queue)
    )
    if inventory is not None:
        rows = " · ".join(_count_text(name, count) for name, count in inventory.rows.items() if count)
        facts += [("Size", fmt.byte_size(inventory.bytes)), ("Rows", rows or "none yet")]
    return facts


def _count_text(table: str, count: int) -> str:
    """`1 season`, `1,988 account snapshots`."""
    name = table.replace("_", " ")
    return f"{fmt.number(count)} {name.removesuffix('s') if count == 1 else name}"


class OutputRate:
    """Bytes per second written to the terminal, over the last ten seconds."""

    SPAN_S = 10.0

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def record(self, sent: int | None, at_s: float) -> None:
        """Add a sample of the total of bytes sent; None where it is not counted."""
        if sent is not None and (not self._samples or at_s - self._samples[-1][0] >= 1.0):
            self._samples = [*self._samples[-int(self.SPAN_S) :], (at_s, sent)]

    @property
    def text(self) -> str:
        """`1.2 kB/s, 34 kB total`."""
        if len(self._samples) < 2:
            return "not measured" if not self._samples else "measuring …"
        (start_s, first), (end_s, last) = self._samples[0], self._samples[-1]
        rate = round((last - first) / (end_s - start_s))
        return f"{fmt.byte_size(rate)}/s, {fmt.byte_size(last)} total"
