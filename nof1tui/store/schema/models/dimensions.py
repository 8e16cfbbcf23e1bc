"""Dimension tables with surrogate keys: arenas, seasons, competitions, traders, accounts, coins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Integer, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, arena_column, described_column, primary_key_column


class ArenaRecord(Base):
    __tablename__ = "arenas"
    __table_args__ = ({"comment": "Arenas: instances of sources whose records this store has"},)

    id: Mapped[int] = primary_key_column(
        SmallInteger, Identity(always=True), comment="Surrogate key of this store"
    )
    source: Mapped[str] = described_column("Source of the records, such as nof1; empty where unknown")
    instance: Mapped[str] = described_column(
        "Host and path of the server; empty for stores of revision 0007 that were not opened since"
    )
    name: Mapped[str] = described_column("Name by which NOF1_ARENA selects it", unique=True)
    first_seen_at: Mapped[datetime] = described_column("Time at which the arena was added to the store")


class SeasonRow(Base):
    __tablename__ = "seasons"
    __table_args__ = (UniqueConstraint("arena_id", "slug"), {"comment": "Seasons of an arena"})

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    arena_id: Mapped[int] = arena_column()
    slug: Mapped[str] = described_column("Key in the roster")
    name: Mapped[str] = described_column("Display name from the roster")


class CompetitionRow(Base):
    __tablename__ = "competitions"
    __table_args__ = (
        UniqueConstraint("season_id", "slug"),
        {"comment": "Competitions of a season; a season without competitions has one with an empty slug"},
    )

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    season_id: Mapped[int] = described_column("Season", ForeignKey("nof1.seasons.id"))
    slug: Mapped[str] = described_column("Key in the roster; empty where the season has no competitions")


class TraderRow(Base):
    __tablename__ = "traders"
    __table_args__ = (
        UniqueConstraint("arena_id", "slug"),
        {"comment": "Traders of an arena by the id that the API uses"},
    )

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    arena_id: Mapped[int] = arena_column()
    slug: Mapped[str] = described_column("model_id of the API")
    name: Mapped[str] = described_column("Display name from the roster")


class AccountRecord(Base):
    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("competition_id", "trader_id"),
        CheckConstraint("capital_usd > 0", name="capital_positive"),
        {"comment": "A trader's account in a competition"},
    )

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    arena_id: Mapped[int] = arena_column()
    competition_id: Mapped[int] = described_column("Competition", ForeignKey("nof1.competitions.id"))
    trader_id: Mapped[int] = described_column("Trader", ForeignKey("nof1.traders.id"), index=True)
    inception_at: Mapped[datetime | None] = described_column("Inception time; since-inception-values")
    capital_usd: Mapped[float | None] = described_column("Starting capital in USD; since-inception-values")
    inception_fetched_at: Mapped[datetime | None] = described_column(
        "Time of the fetch of inception_at and capital_usd"
    )


class SymbolRow(Base):
    __tablename__ = "symbols"
    __table_args__ = (UniqueConstraint("arena_id", "name"), {"comment": "Coins and tickers of an arena"})

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    arena_id: Mapped[int] = arena_column()
    name: Mapped[str] = described_column("BTC; xyz:TSLA for a builder market")
