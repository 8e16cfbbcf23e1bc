"""A filter in two parts: what a store selects by itself, and what is left for its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import product
from math import prod

from nof1tui.domain.filters.fields import FilterFields, StoreRole
from nof1tui.domain.filters.terms import FieldTerm, FlagTerm, RowFilter, Term, TextTerm
from nof1tui.domain.roster import normalise_id

_TICK = timedelta(microseconds=1)
"""Between two neighbouring moments; a store's bounds include both ends."""
_MOST_COMBINATIONS = 16
"""Of words with alternatives, written out for a search that knows no brackets."""


@dataclass(frozen=True, slots=True)
class StoreAbility:
    """What the records of one kind can be selected by in a store."""

    ids: Mapping[StoreRole, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Every value the store holds, by role, each with the spellings it goes by beside itself."""
    single: frozenset[StoreRole] = frozenset()
    """Roles of which a store takes one value only."""
    times: bool = True
    flags: frozenset[str] = frozenset()
    """Of `win`, `loss` and `acting`."""
    words: bool = False
    """Whether it searches words in the long texts that rows lack."""


@dataclass(frozen=True, slots=True)
class StoreTerms:
    """Conditions for a store; None and missing roles do not restrict. Times include both ends."""

    ids: Mapping[StoreRole, frozenset[str]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    won: bool | None = None
    acting: bool = False
    words: str | None = None
    """A web search: `"word" -"a phrase"`, `or` between alternatives."""

    @property
    def matches_nothing(self) -> bool:
        """Whether no record can fulfil this, so that the store need not be asked."""
        ended = self.since is not None and self.until is not None and self.since > self.until
        return ended or any(not ids for ids in self.ids.values())


@dataclass(frozen=True, slots=True)
class StoreSplit:
    """A record passes the filter where the store selects it and its row passes the rest."""

    store: StoreTerms
    rest: RowFilter


def split_for_store(row_filter: RowFilter, fields: FilterFields, ability: StoreAbility) -> StoreSplit:
    """What a store of this ability can do of a filter, and the rest.

    Negated comparisons and `!=` are always left to the rest: a store's rows may lack the value.
    Words given to the store are whole words of its texts; those of the rest are parts of the row's.
    """
    split = _Split(fields, ability)
    terms = [term for term in row_filter.terms if not split.takes(term)]
    taken_words, words = _web_search(terms) if ability.words else ((), None)
    rest = [*split.returned(), *(term for term in terms if term not in taken_words)]
    ordered = tuple(term for term in row_filter.terms if term in rest)
    return StoreSplit(replace(split.store, ids=split.ids(), words=words), RowFilter(ordered))


class _Split:
    """Collects what a store does, term by term."""

    def __init__(self, fields: FilterFields, ability: StoreAbility) -> None:
        self.store = StoreTerms()
        self._fields = fields
        self._ability = ability
        self._by_role: dict[StoreRole, tuple[frozenset[str], list[Term]]] = {}

    def takes(self, term: Term) -> bool:
        """Whether the store does what this term says; its condition is then part of `store`."""
        if term.negated:
            return False
        match term:
            case FlagTerm(flags=(flag,)) if flag in ("win", "loss"):
                return flag in self._ability.flags and self._won(flag == "win")
            case FlagTerm(flags=("acting",)) if "acting" in self._ability.flags:
                self.store = replace(self.store, acting=True)
                return True
            case FlagTerm(flags=flags) if set(flags) <= {"long", "short"}:
                return self._ids("side", frozenset(flags), term)
            case FieldTerm(kind="id", operator=":" | "="):
                role = self._role(term)
                return role is not None and self._ids(role, self._meant(role, term), term)
            case FieldTerm(kind="moment", values=(_,)) if self._role(term) == "time":
                return self._ability.times and self._bounds(term)
            case _:
                return False

    def ids(self) -> Mapping[StoreRole, frozenset[str]]:
        return {role: ids for role, (ids, _) in self._by_role.items() if self._fits(role, ids)}

    def returned(self) -> list[Term]:
        """Terms that were taken, of roles for which the store would need more values than it takes."""
        return [
            term
            for role, (ids, terms) in self._by_role.items()
            if not self._fits(role, ids)
            for term in terms
        ]

    def _fits(self, role: StoreRole, ids: frozenset[str]) -> bool:
        return role not in self._ability.single or len(ids) <= 1

    def _role(self, term: FieldTerm) -> StoreRole | None:
        known = self._fields.named(term.field)
        return known.role if known is not None else None

    def _meant(self, role: StoreRole, term: FieldTerm) -> frozenset[str]:
        """The ids of which a spelling is equal to a value of the term, or begins with it."""
        wanted = [str(value.value) for value in term.values]

        def hit(spelling: str) -> bool:
            folded = normalise_id(spelling)
            return folded in wanted if term.operator == "=" else folded.startswith(tuple(wanted))

        held = self._ability.ids.get(role, {})
        return frozenset(one for one, spellings in held.items() if any(map(hit, (one, *spellings))))

    def _ids(self, role: StoreRole, ids: frozenset[str], term: Term) -> bool:
        if role not in self._ability.ids:
            return False
        before, terms = self._by_role.get(role, (ids, []))
        self._by_role[role] = (before & ids, [*terms, term])
        return True

    def _won(self, won: bool) -> bool:
        if self.store.won not in (None, won):
            return False
        self.store = replace(self.store, won=won)
        return True

    def _bounds(self, term: FieldTerm) -> bool:
        try:
            since, until = _bounds(term)
        except OverflowError:
            return False
        store = self.store
        if since is not None and (store.since is None or since > store.since):
            store = replace(store, since=since)
        if until is not None and (store.until is None or until < store.until):
            store = replace(store, until=until)
        self.store = store
        return term.operator != "!="


def _bounds(term: FieldTerm) -> tuple[datetime | None, datetime | None]:
    """First and last moment a comparison allows. Raises OverflowError beyond the calendar."""
    (value,) = term.values
    moment = value.value
    if not isinstance(moment, datetime):
        return None, None
    match term.operator:
        case ">":
            return moment + _TICK, None
        case ">=":
            return moment, None
        case "<":
            return None, moment - _TICK
        case "<=":
            return None, moment
        case ":" | "=":
            return moment, (value.until or moment + _TICK) - _TICK
        case "!=":
            return None, None


def _web_search(terms: Iterable[Term]) -> tuple[tuple[TextTerm, ...], str | None]:
    """The words among these terms as a web search, and which terms it holds.

    A term without letters or digits stays out, and so do alternatives beyond 16 combinations.
    """
    taken: list[TextTerm] = []
    for term in terms:
        if not isinstance(term, TextTerm) or not all(map(_has_word, term.alternatives)):
            continue
        if prod(map(_branches, [*taken, term])) <= _MOST_COMBINATIONS:
            taken.append(term)
    if not taken:
        return (), None
    choices = [
        [" ".join(f"-{_phrase(word)}" for word in term.alternatives)]
        if term.negated
        else [_phrase(word) for word in term.alternatives]
        for term in taken
    ]
    return tuple(taken), " or ".join(map(" ".join, product(*choices)))


def _branches(term: TextTerm) -> int:
    return 1 if term.negated else len(term.alternatives)


def _has_word(text: str) -> bool:
    return any(map(str.isalnum, text))


def _phrase(text: str) -> str:
    return '"' + text.replace('"', " ") + '"'
