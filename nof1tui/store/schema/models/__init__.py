"""The schema as ORM models, which migrations and schema checks compare with the database.

Time series (`account_snapshots`, `prices`) and roll-ups have no foreign keys and have the time in their
primary key, so that other tools can take over partitions. Money is USD, percent is 0-100, times are
those of the record unless named `fetched_at`.
"""

from nof1tui.store.schema.models.alerts import AlertRow, AlertWatchRow, DeliveryRow
from nof1tui.store.schema.models.base import Base
from nof1tui.store.schema.models.checks import ChainCheckRow
from nof1tui.store.schema.models.dimensions import (
    AccountRecord,
    CompetitionRow,
    SeasonRow,
    SymbolRow,
    TraderRow,
)
from nof1tui.store.schema.models.records import (
    AnalyticsRow,
    DecisionRow,
    DriftRow,
    EventRow,
    QuarantineRow,
    TradeRow,
)
from nof1tui.store.schema.models.series import (
    EquityRollupRow,
    PositionVersionRow,
    PriceRollupRow,
    PriceRow,
    RetentionRow,
    SnapshotRow,
)
from nof1tui.store.schema.models.state import CollectorStateRow, FeedStateRow

__all__ = [
    "AccountRecord",
    "AlertRow",
    "AlertWatchRow",
    "AnalyticsRow",
    "Base",
    "ChainCheckRow",
    "CollectorStateRow",
    "CompetitionRow",
    "DecisionRow",
    "DeliveryRow",
    "DriftRow",
    "EquityRollupRow",
    "EventRow",
    "FeedStateRow",
    "PositionVersionRow",
    "PriceRollupRow",
    "PriceRow",
    "QuarantineRow",
    "RetentionRow",
    "SeasonRow",
    "SnapshotRow",
    "SymbolRow",
    "TradeRow",
    "TraderRow",
]
