"""The view from which figures of the whole arena are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from nof1tui.domain.batch import SchemaDrift
from nof1tui.domain.figures.subjects import NO_SUBJECT, Subject
from nof1tui.domain.figures.views import AccountView
from nof1tui.domain.health import ArenaState, Health, InstanceRole
from nof1tui.domain.metrics.correlation import Correlations
from nof1tui.domain.records import Reconciliation


class CollectorView(Struct, frozen=True):
    """The process that collects into a store."""

    role: InstanceRole | Literal["none"] = "none"
    holder: str | None = None
    since: datetime | None = None


class StoreView(Struct, frozen=True):
    """A store: its server, revision and number of rows, or why it could not be read."""

    server: str | None = None
    revision: str | None = None
    waiting: int = 0
    """Records not yet written."""
    rejected: int = 0
    """Records that the store did not take, set aside."""
    elsewhere: int = 0
    """Records on this computer that wait for another or an unknown store."""
    rows: Mapping[str, int] = {}
    """By table; large tables are estimates."""
    failure: str | None = None


class ArenaView(Struct, frozen=True):
    """The whole arena at a moment: its accounts, its feeds, its store."""

    now: datetime
    source: str = ""
    health: Health = Health()
    collector: CollectorView = CollectorView()
    store: StoreView = StoreView()
    checks: tuple[Reconciliation, ...] = ()
    drift: tuple[SchemaDrift, ...] = ()
    accounts: tuple[AccountView, ...] = ()
    """In the order of the leaderboard; empty where only the status is known."""
    season_starts_at: datetime | None = None
    read_correlations: Callable[[], Correlations] | None = None
    """Correlations of hourly returns, computed when first called."""

    @property
    def subject(self) -> Subject:
        return NO_SUBJECT

    @property
    def observed_at(self) -> datetime:
        return self.now

    @property
    def state(self) -> ArenaState:
        """The arena's state; a store with imported rows and without polls is stale, not empty."""
        state = self.health.state(self.now)
        return "stale" if state == "empty" and self.store.rows.get("account_snapshots") else state
