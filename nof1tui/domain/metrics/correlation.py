"""How alike the returns of accounts move, pair by pair, told when asked for."""

from __future__ import annotations

from collections.abc import Mapping

from nof1tui.domain.metrics.figure_value import MIN_PAIRS, RELIABLE_RETURNS, FigureValue, figure_value
from nof1tui.domain.metrics.risk import correlation, cosine, unit_vector
from nof1tui.domain.records import AccountKey
from nof1tui.domain.series.closes import Closes, aligned_returns


class Correlations:
    """Correlation of simple returns between accounts, aligned by the periods both have.

    A pair is worked out once, when it is first asked for; `renewed` keeps what did not change.
    """

    def __init__(self, closes: Mapping[AccountKey, Closes], counted: str = "daily returns of both") -> None:
        self._closes = dict(closes)
        self._n_of = counted
        self._figures: dict[tuple[AccountKey, AccountKey], FigureValue] = {}
        self._unit_vectors: dict[AccountKey, list[float] | None] = {}

    @property
    def accounts(self) -> tuple[AccountKey, ...]:
        return tuple(self._closes)

    def between(self, one: AccountKey, other: AccountKey) -> FigureValue:
        """From -1 to 1; the same both ways round. n/a of an account without a curve."""
        pair = (one, other) if one <= other else (other, one)
        known = self._figures.get(pair)
        if known is None:
            known = self._figures[pair] = self._figure(*pair)
        return known

    def with_closes(self, closes: Mapping[AccountKey, Closes]) -> Correlations:
        """Of these series instead; itself if they are the same."""
        if closes == self._closes:
            return self
        fresh = Correlations(closes, self._n_of)
        same = {key for key, its in closes.items() if self._closes.get(key) == its}
        fresh._unit_vectors = {key: told for key, told in self._unit_vectors.items() if key in same}
        fresh._figures = {pair: told for pair, told in self._figures.items() if same.issuperset(pair)}
        return fresh

    def _figure(self, one: AccountKey, other: AccountKey) -> FigureValue:
        ours, theirs = (self._closes.get(key, _EMPTY_CLOSES) for key in (one, other))
        if ours.periods == theirs.periods and ours.always_positive and theirs.always_positive:
            value, count = cosine(self._unit_vector(one), self._unit_vector(other)), len(ours.values)
        else:
            pairs = aligned_returns(ours, theirs)
            value, count = correlation(*pairs), len(pairs[0])
        return figure_value(
            value,
            count,
            self._n_of,
            least=MIN_PAIRS,
            sound=RELIABLE_RETURNS,
            missing="one of the two never moved",
        )

    def _unit_vector(self, key: AccountKey) -> list[float] | None:
        if key not in self._unit_vectors:
            self._unit_vectors[key] = unit_vector(self._closes.get(key, _EMPTY_CLOSES).returns)
        return self._unit_vectors[key]


_EMPTY_CLOSES = Closes(0.0)
