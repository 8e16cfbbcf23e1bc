"""Bounded matching: no regular expression runs longer than the budget, no stretch longer than a few ms.

The regex engine is an argument (`PatternCompiler`); `nof1tui.bounded_regex` has the one in use.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Generic, Protocol, TypeAlias, TypeVar

from nof1tui.domain.filters.errors import FilterError, RegexStopped, shown
from nof1tui.domain.filters.evaluate import RowReader, plain_predicate
from nof1tui.domain.filters.render import render_term
from nof1tui.domain.filters.terms import RegexTerm, RowFilter

R = TypeVar("R")

KEYSTROKE_BUDGET_S = 0.050
"""What all regular expressions of a filter may take for one keystroke."""
COMMAND_BUDGET_S = 2.0
"""The same for `show --where`."""
ROWS_AT_A_TIME = 256
STRETCH_S = 0.005
"""Matching hands back to the event loop after so long, whatever the number of rows."""

TextSpan: TypeAlias = tuple[int, int]
"""First character and the one after the last."""


class PatternRefused(ValueError):
    """A pattern the engine cannot use. `str()` is the reason."""

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(reason)
        self.position = position
        """The character at fault, counted from 0; None where it is the pattern as a whole."""


class BoundedPattern(Protocol):
    """A compiled pattern whose every call ends in time. Both methods raise TimeoutError."""

    def search(self, text: str, timeout_s: float, /) -> bool:
        """Whether it matches anywhere in the text."""
        ...

    def spans(self, text: str, timeout_s: float, /) -> Iterable[TextSpan]:
        """Where it matches, without empty matches."""
        ...


PatternCompiler: TypeAlias = Callable[[str], BoundedPattern]
"""Makes a pattern that ignores case. Raises PatternRefused."""


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter with its regular expressions ready to use."""

    row_filter: RowFilter
    patterns: tuple[tuple[BoundedPattern, bool], ...] = ()
    """Each with whether it is negated."""


def compile_filter(row_filter: RowFilter, compiler: PatternCompiler) -> CompiledFilter:
    """The filter with its patterns compiled. Raises FilterError: `/(/ : missing ) at 2`.

    The compiler is not called, and the engine not loaded, for a filter without regular expressions.
    """
    return CompiledFilter(
        row_filter, tuple((_compiled(term, compiler), term.negated) for term in row_filter.regexes)
    )


def _compiled(term: RegexTerm, compiler: PatternCompiler) -> BoundedPattern:
    try:
        return compiler(term.pattern)
    except PatternRefused as error:
        place = "" if error.position is None else f" at {error.position + 1}"
        raise FilterError(f"{shown(render_term(term))} : {error}{place}") from error


class MatchBudget:
    """Time that regular expressions may take, counted while they match and not between."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self.seconds = seconds
        self.left = seconds
        self._clock = clock

    def search(self, pattern: BoundedPattern, text: str) -> bool:
        """Whether the pattern matches. Raises RegexStopped once the budget is used up."""
        found = self._timed(pattern, text, self.left)
        if found is None:
            raise self.stopped()
        return found

    def search_briefly(self, pattern: BoundedPattern, text: str, limit_s: float) -> bool | None:
        """The same for at most `limit_s`; None where that was not enough and some budget is left."""
        found = self._timed(pattern, text, min(self.left, limit_s))
        if found is None and self.left <= 0:
            raise self.stopped()
        return found

    def spans(self, pattern: BoundedPattern, text: str) -> list[TextSpan]:
        """Where the pattern matches. Raises RegexStopped once the budget is used up."""
        started = self._started()
        try:
            return list(pattern.spans(text, self.left))
        except TimeoutError as error:
            raise self.stopped() from error
        finally:
            self.left -= self._clock() - started

    def stopped(self) -> RegexStopped:
        return RegexStopped(self.seconds)

    def _timed(self, pattern: BoundedPattern, text: str, limit_s: float) -> bool | None:
        started = self._started()
        try:
            return pattern.search(text, limit_s)
        except TimeoutError:
            return None
        finally:
            self.left -= self._clock() - started

    def _started(self) -> float:
        if self.left <= 0:
            raise self.stopped()
        return self._clock()


@dataclass(frozen=True, slots=True)
class RowMatcher(Generic[R]):
    """A compiled filter over the rows of one table."""

    compiled: CompiledFilter
    reader: RowReader[R]

    def matching(self, rows: Iterable[R], budget: MatchBudget) -> Iterator[R]:
        """The rows that pass, in order, as they come. Raises RegexStopped. For commands: it never waits."""
        passes = plain_predicate(self.compiled.row_filter.plain, self.reader)
        for row in rows:
            if passes(row) and all(
                budget.search(pattern, self.reader.text(row)) is not negated
                for pattern, negated in self.compiled.patterns
            ):
                yield row

    async def gather(
        self,
        rows: Iterable[R],
        budget: MatchBudget,
        *,
        pause: Callable[[], Awaitable[object]],
        in_thread: Callable[[Callable[[], bool]], Awaitable[bool]],
    ) -> list[R]:
        """The rows that pass, in order, while the event loop stays free. Raises RegexStopped.

        `pause` lets other tasks run: after 256 rows, or 5 ms of matching. A single match that takes
        longer than that is repeated by `in_thread` with the rest of the budget.
        """
        passes = plain_predicate(self.compiled.row_filter.plain, self.reader)
        gathered: list[R] = []
        remaining = iter(rows)
        while chunk := list(islice(remaining, ROWS_AT_A_TIME)):
            since = budget.left
            for row in filter(passes, chunk):
                if since - budget.left >= STRETCH_S:
                    await pause()
                    since = budget.left
                if await self._patterns_hold(row, budget, in_thread):
                    gathered.append(row)
            await pause()
        return gathered

    async def _patterns_hold(
        self, row: R, budget: MatchBudget, in_thread: Callable[[Callable[[], bool]], Awaitable[bool]]
    ) -> bool:
        for pattern, negated in self.compiled.patterns:
            text = self.reader.text(row)
            found = budget.search_briefly(pattern, text, STRETCH_S)
            if found is None:
                found = await in_thread(partial(budget.search, pattern, text))
            if found is negated:
                return False
        return True
