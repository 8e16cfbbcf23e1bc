"""Who and what: seasons, competitions, traders, accounts, coins. Small, with surrogate keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped

from nof1tui.store.schema.models.base import Base, described_column, primary_key_column


class SeasonRow(Base):
    __tablename__ = "seasons"
    __table_args__ = (UniqueConstraint("arena", "slug"), {"comment": "Seasons of an arena"})

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Ours; means nothing outside this store"
    )
    arena: Mapped[str] = described_column("Which arena: nof1")
    slug: Mapped[str] = described_column("Short name in the roster")
    name: Mapped[str] = described_column("As the roster calls it")


class CompetitionRow(Base):
    __tablename__ = "competitions"
    __table_args__ = (
        UniqueConstraint("season_id", "slug"),
        {"comment": "Competitions of a season; the empty slug is the only one of a plain season"},
    )

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Ours; means nothing outside this store"
    )
    season_id: Mapped[int] = described_column("Its season", ForeignKey("nof1.seasons.id"))
    slug: Mapped[str] = described_column("Empty where the season has only one")


class TraderRow(Base):
    __tablename__ = "traders"
    __table_args__ = ({"comment": "Traders by the id that upstream gives"},)

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Ours; means nothing outside this store"
    )
    slug: Mapped[str] = described_column("model_id as upstream writes it", unique=True)
    name: Mapped[str] = described_column("As the roster calls it")


class AccountRecord(Base):
    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("competition_id", "trader_id"),
        CheckConstraint("capital_usd > 0", name="capital_positive"),
        {"comment": "A trader's account in a competition"},
    )

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Ours; means nothing outside this store"
    )
    competition_id: Mapped[int] = described_column("Its competition", ForeignKey("nof1.competitions.id"))
    trader_id: Mapped[int] = described_column("Its trader", ForeignKey("nof1.traders.id"), index=True)
    inception_at: Mapped[datetime | None] = described_column("When it began; since-inception-values")
    capital_usd: Mapped[float | None] = described_column("USD it began with; since-inception-values")
    inception_fetched_at: Mapped[datetime | None] = described_column("When the two were fetched")


class SymbolRow(Base):
    __tablename__ = "symbols"
    __table_args__ = ({"comment": "Coins and tickers"},)

    id: Mapped[int] = primary_key_column(
        Integer, Identity(always=True), comment="Ours; means nothing outside this store"
    )
    name: Mapped[str] = described_column("BTC, or xyz:TSLA of a builder market", unique=True)
