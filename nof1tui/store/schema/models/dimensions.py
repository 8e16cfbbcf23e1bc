"""Dimension tables with surrogate keys: seasons, competitions, traders, accounts, coins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class SeasonRow(Base):
    __tablename__ = "seasons"
    __table_args__ = (UniqueConstraint("arena", "slug"), {"comment": "Seasons of an arena"})

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    arena: Mapped[str] = described_column("Source of the records, such as nof1")
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
    __table_args__ = ({"comment": "Traders by the id that the API uses"},)

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    slug: Mapped[str] = described_column("model_id of the API", unique=True)
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
    competition_id: Mapped[int] = described_column("Competition", ForeignKey("nof1.competitions.id"))
    trader_id: Mapped[int] = described_column("Trader", ForeignKey("nof1.traders.id"), index=True)
    inception_at: Mapped[datetime | None] = described_column("Inception time; since-inception-values")
    capital_usd: Mapped[float | None] = described_column("Starting capital in USD; since-inception-values")
    inception_fetched_at: Mapped[datetime | None] = described_column(
        "Time of the fetch of inception_at and capital_usd"
    )


class SymbolRow(Base):
    __tablename__ = "symbols"
    __table_args__ = ({"comment": "Coins and tickers"},)

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Surrogate key of this store"
    )
    name: Mapped[str] = described_column("BTC; xyz:TSLA for a builder market", unique=True)
