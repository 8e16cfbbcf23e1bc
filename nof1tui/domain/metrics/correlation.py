"""Pairwise correlation of returns between accounts, computed on demand."""

from __future__ import annotations

from collections.abc import Mapping

from nof1tui.domain.metrics.figure_value import MIN_PAIRS, RELIABLE_RETURNS, FigureValue, figure_value
from nof1tui.domain.metrics.risk import correlation, cosine, unit_vector
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.closes import Closes, aligned_returns


class Correlations:
    """Correlation of simple returns between accounts, aligned by the periods both have.

    A pair is computed on first use; `with_closes` keeps the pairs whose closes did not change.
    """

    def __init__(self, closes: Mapping[AccountKey, Closes], counted: str = "daily returns of both") -> None:
        self._closes = dict(closes)
        self._counted = counted
        self._figures: dict[tuple[AccountKey, AccountKey], FigureValue] = {}
        self._unit_vectors: dict[AccountKey, list[float] | None] = {}

    @property
    def accounts(self) -> tuple[AccountKey, ...]:
        """The accounts with a series."""
        return tuple(self._closes)

    def between(self, one: AccountKey, other: AccountKey) -> FigureValue:
        """Correlation of two accounts, -1 to 1, symmetric; without a value if one has no closes."""
        pair = (one, other) if one <= other else (other, one)
        known = self._figures.get(pair)
        if known is None:
            known = self._figures[pair] = self._figure(*pair)
        return known

    def with_closes(self, closes: Mapping[AccountKey, Closes]) -> Correlations:
        """The correlations of these series; itself if they are equal."""
        if closes == self._closes:
            return self
        fresh = Correlations(closes, self._counted)
        same = {key for key, series in closes.items() if self._closes.get(key) == series}
        fresh._unit_vectors = {key: vector for key, vector in self._unit_vectors.items() if key in same}
        fresh._figures = {pair: figure for pair, figure in self._figures.items() if same.issuperset(pair)}
        return fresh

    def _figure(self, one: AccountKey, other: AccountKey) -> FigureValue:
        one_closes, other_closes = (self._closes.get(key, _EMPTY_CLOSES) for key in (one, other))
        if (
            one_closes.periods == other_closes.periods
            and one_closes.always_positive
            and other_closes.always_positive
        ):
            value, count = cosine(self._unit_vector(one), self._unit_vector(other)), len(one_closes.values)
        else:
            pairs = aligned_returns(one_closes, other_closes)
            value, count = correlation(*pairs), len(pairs[0])
        return figure_value(
            value,
            count,
            self._counted,
            least=MIN_PAIRS,
            sound=RELIABLE_RETURNS,
            missing="one of the two never moved",
        )

    def _unit_vector(self, key: AccountKey) -> list[float] | None:
        if key not in self._unit_vectors:
            self._unit_vectors[key] = unit_vector(self._closes.get(key, _EMPTY_CLOSES).returns)
        return self._unit_vectors[key]


_EMPTY_CLOSES = Closes(0.0)
