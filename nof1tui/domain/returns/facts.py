"""Dated facts about an account: equity, capital flows and capital, each with two times.

`at` is when the fact happened by upstream's clock, `learned_at` when it was stored, both in seconds since
the epoch. Facts are added and never changed: a correction is a further fact that names the fact it corrects.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from typing import Literal, TypeVar

from msgspec import Struct

FlowKind = Literal["deposit", "withdrawal", "transfer", "income", "spending", "unknown"]
"""Income (rewards, commissions, airdrops) and spending (gas, auctions) are flows with a label."""
CapitalOrigin = Literal["settings", "upstream"]
COLLECTED_WITHIN_S = 600.0
"""A fact learned within this time before a moment shows that collection ran at that moment."""


class Fact(Struct, frozen=True, kw_only=True):
    """What every dated fact carries."""

    at: float
    learned_at: float
    id: str = ""
    """Identity within its kind; needed only where corrections occur."""
    corrects: str | None = None
    """Id of the fact that this one replaces."""


class EquityPoint(Fact, frozen=True, kw_only=True):
    """Equity of the account at a moment, and the unrealised P&L that is part of it."""

    equity_usd: float | None
    unrealized_usd: float | None = None

    @property
    def is_row(self) -> bool:
        """Whether the equity is known; a point without finite equity is ignored by the index."""
        return self.equity_usd is not None and isfinite(self.equity_usd)


class CapitalFlow(Fact, frozen=True, kw_only=True):
    """Money that crossed the border of the equity scope: positive into the account, negative out of it."""

    usd: float
    kind: FlowKind = "transfer"


class CapitalFact(Fact, frozen=True, kw_only=True):
    """Capital of the account at a moment, as settings or upstream state it."""

    usd: float
    origin: CapitalOrigin = "settings"


class Ledger(Struct, frozen=True):
    """Capital flows that the source's ledger lists, and the span over which the list is complete."""

    flows: tuple[CapitalFlow, ...] = ()
    since: float = -inf
    """Flows before this moment are unknown."""
    read_to: float | None = None
    """Every flow from `since` to this moment is listed; None for a source without a ledger."""

    @property
    def exists(self) -> bool:
        return self.read_to is not None

    def is_read_past(self, at: float) -> bool:
        return self.read_to is not None and self.read_to >= at

    def covers(self, begin_at: float, end_at: float) -> bool:
        """Whether every flow of the interval is listed."""
        return self.since <= begin_at and self.is_read_past(end_at)


AnyFact = TypeVar("AnyFact", bound=Fact)


def select_facts(facts: Iterable[AnyFact], as_of: float = inf, known_at: float = inf) -> tuple[AnyFact, ...]:
    """Facts with `at <= as_of`, as known at `known_at`, oldest first.

    A fact counts as known where `learned_at <= known_at`. A fact that a known fact corrects is left out,
    whenever the correction itself happened. Facts of one moment are ordered by the time they were learned.
    """
    known = [fact for fact in facts if fact.learned_at <= known_at]
    replaced = {fact.corrects for fact in known if fact.corrects is not None}
    valid = [fact for fact in known if fact.at <= as_of and not (fact.id and fact.id in replaced)]
    return tuple(sorted(valid, key=lambda fact: (fact.at, fact.learned_at)))


class AccountFacts(Struct, frozen=True):
    """The facts of one account."""

    points: tuple[EquityPoint, ...] = ()
    flows: tuple[CapitalFlow, ...] = ()
    capital: tuple[CapitalFact, ...] = ()

    def select(self, as_of: float = inf, known_at: float = inf) -> AccountFacts:
        """The facts of each kind that `select_facts` keeps."""
        return AccountFacts(
            select_facts(self.points, as_of, known_at),
            select_facts(self.flows, as_of, known_at),
            select_facts(self.capital, as_of, known_at),
        )

    @property
    def kinds(self) -> tuple[Sequence[Fact], ...]:
        return self.points, self.flows, self.capital


def was_collected(facts: AccountFacts, moment: float, within_s: float = COLLECTED_WITHIN_S) -> bool:
    """Whether any fact was learned shortly before the moment: a live screen could show figures then."""
    return any(
        moment - within_s <= fact.learned_at <= moment for facts_of in facts.kinds for fact in facts_of
    )


def restated_at(
    facts: AccountFacts, as_of: float, known_at: float = inf, *, collected: bool | None = None
) -> float | None:
    """When the last fact was learned that makes figures as of a moment differ from those shown live.

    None where they do not differ, or where nothing was collected at the moment. `collected` overrides
    `was_collected`.
    """
    if not (was_collected(facts, as_of) if collected is None else collected):
        return None
    shown = facts.select(as_of, min(as_of, known_at))
    if shown == facts.select(as_of, known_at):
        return None
    return max(_late_times(facts, as_of, known_at))


def _late_times(facts: AccountFacts, as_of: float, known_at: float) -> Iterable[float]:
    for facts_of in facts.kinds:
        past = {fact.id for fact in facts_of if fact.id and fact.at <= as_of}
        for fact in facts_of:
            concerns = fact.at <= as_of or fact.corrects in past
            if concerns and as_of < fact.learned_at <= known_at:
                yield fact.learned_at
