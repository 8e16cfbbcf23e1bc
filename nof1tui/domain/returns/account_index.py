"""The index of an account with capital flows, in USD: its equity as it would be without the flows.

Between flows the value moves as the equity does: value = equity x scale, and without flows scale is 1, so
that value and equity are the same number. A flow changes the scale so that the value gains the return of
the interval and nothing else (`index.advance`). Rows are taken in one by one; a row whose change neither
trading nor a listed flow explains is held until the ledger was read past it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import fsum, isfinite

from msgspec import Struct, structs

from nof1tui.domain.estimate import Mark, merged_marks
from nof1tui.domain.records import AccountRow, CapitalFlow
from nof1tui.domain.returns.dietz import Valuation
from nof1tui.domain.returns.facts import CapitalFact, EquityPoint, FlowFact, select_facts
from nof1tui.domain.returns.inception import unwatched_return
from nof1tui.domain.returns.index import START, IndexState, advance
from nof1tui.domain.returns.pending import PendingFlow, is_pending
from nof1tui.domain.series.curve import Curve

Point = tuple[float, float]
"""Time in seconds since the epoch, and USD."""


class FlowWindow(Struct, frozen=True):
    """Money that came at an unknown time after `since`, up to `at`."""

    since: float
    at: float
    usd: float


class FlowBook(Struct, frozen=True):
    """The flows of one account, and how far its ledger was read."""

    dated: tuple[FlowFact, ...] = ()
    """Oldest first, like the windows, which do not overlap."""
    windows: tuple[FlowWindow, ...] = ()
    read_to: float | None = None
    """None for an account without a ledger: no row is held."""

    @classmethod
    def of(cls, flows: Iterable[CapitalFlow], read_to: float | None = None) -> FlowBook:
        """The book of these flows, without those that another one corrects."""
        facts, since_by_id = list[FlowFact](), dict[str, float]()
        for flow in flows:
            facts.append(to_fact(flow))
            if flow.since is not None:
                since_by_id[flow.id] = flow.since.timestamp()
        valid = select_facts(facts)
        return cls(
            tuple(fact for fact in valid if fact.id not in since_by_id),
            tuple(
                FlowWindow(since_by_id[fact.id], fact.at, fact.usd)
                for fact in valid
                if fact.id in since_by_id
            ),
            read_to,
        )

    def changed_since(self, other: FlowBook) -> float | None:
        """The earliest time of a flow that only one of both has; None where they have the same flows."""
        own = {*((fact.at, fact.at, fact.usd) for fact in self.dated), *map(_window_key, self.windows)}
        others = {*((fact.at, fact.at, fact.usd) for fact in other.dated), *map(_window_key, other.windows)}
        return min((since for since, _, _ in own ^ others), default=None)

    def is_inside_window(self, at: float) -> bool:
        """Whether it is unknown if the money of a window had come by this time."""
        place = bisect_right(self.windows, at, key=_time)
        return place < len(self.windows) and self.windows[place].since < at

    def dated_between(self, after: float, until: float) -> tuple[FlowFact, ...]:
        """Flows of known time after one moment and up to another, oldest first."""
        return self.dated[slice(*(bisect_right(self.dated, at, key=_time) for at in (after, until)))]

    def undated_between(self, after: float, until: float) -> float | None:
        """Sum of the windows that end after one moment and up to another; None without any."""
        ended = slice(*(bisect_right(self.windows, at, key=_time) for at in (after, until)))
        sums = [window.usd for window in self.windows[ended]]
        return fsum(sums) if sums else None


def _time(flow: FlowFact | FlowWindow) -> float:
    return flow.at


def _window_key(window: FlowWindow) -> tuple[float, float, float]:
    return window.since, window.at, window.usd


def to_fact(flow: CapitalFlow) -> FlowFact:
    """The flow with its times in seconds since the epoch."""
    return FlowFact(
        at=flow.at.timestamp(),
        learned_at=flow.fetched_at.timestamp(),
        id=flow.id,
        corrects=flow.corrects,
        usd=flow.usd,
        kind=flow.kind,
    )


class IndexRow(Struct, frozen=True):
    """What the index needs of an account row; results are None where unknown."""

    at: float
    equity_usd: float
    unrealized_usd: float | None = None
    realized_usd: float | None = None

    @classmethod
    def of(cls, row: AccountRow) -> IndexRow:
        return cls(row.observed_at.timestamp(), row.equity_usd, row.unrealized_usd, row.realized_usd)


class AccountIndex(Struct, frozen=True):
    """The index of one account after some rows."""

    book: FlowBook = FlowBook()
    state: IndexState = START
    scale: float = 1.0
    """Value over equity since the last flow."""
    value_usd: float = 0.0
    """The equity as it would be without the flows; of held rows, before them."""
    settled: IndexRow | None = None
    """The last row that counts."""
    held: tuple[IndexRow, ...] = ()
    """Rows that wait for the ledger."""
    pending: PendingFlow | None = None
    anchors: tuple[Point, ...] = ()
    """Rows on both sides of each flow: they are kept where a curve drops points."""
    moved: bool = False
    """Whether the value ever differed from the equity, or rows are held."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Marks of every figure that is read from the index."""
        estimated: tuple[Mark, ...] = ("estimated",) if self.state.grade == "estimated" else ()
        return merged_marks(estimated, self.state.marks)

    @property
    def band(self) -> tuple[float, float]:
        """Lower and upper end of what unknown times of flows leave open, as factors of the value."""
        state = self.state
        return (state.low / state.value, state.high / state.value) if state.value > 0 else (1.0, 1.0)

    def observed(self, row: IndexRow) -> tuple[AccountIndex, tuple[Point, ...]]:
        """After a further, newer row; with the values that settled."""
        return structs.replace(self, held=(*self.held, row))._settle()

    def with_book(self, book: FlowBook) -> tuple[AccountIndex, tuple[Point, ...]]:
        """With a book that differs in flows after the settled rows only; with the values that settled."""
        return structs.replace(self, book=book)._settle()

    def _settle(self) -> tuple[AccountIndex, tuple[Point, ...]]:
        """Take in held rows until one has to wait."""
        index, points = self, list[Point]()
        while index.held:
            row, wait = index.held[0], index._unexplained_usd()
            if wait is not None and not index._is_final(row.at):
                pending = PendingFlow(row.at, wait, row.at)
                return structs.replace(index, pending=pending, moved=True), tuple(points)
            index = structs.replace(index, held=index.held[1:], pending=None)
            if not isfinite(row.equity_usd) or index.book.is_inside_window(row.at):
                continue
            index = index._taken(row, unexplained=wait is not None)
            points.append((row.at, index.value_usd))
        return index, tuple(points)

    def _is_final(self, at: float) -> bool:
        return self.book.read_to is None or self.book.read_to >= at

    def _unexplained_usd(self) -> float | None:
        """Change from the settled row to the newest that looks like an unlisted flow; None otherwise.

        Results of trades may be reported later than the row that shows them, so a change counts as a flow
        only if the equity itself moved by as much.
        """
        begin, end = self.settled, self.held[-1]
        if begin is None or self.book.read_to is None or self.state.phase != "running":
            return None
        results = (begin.unrealized_usd, begin.realized_usd, end.unrealized_usd, end.realized_usd)
        if None in results:
            return None
        flows = fsum(flow.usd for flow in self.book.dated_between(begin.at, end.at))
        flows += self.book.undated_between(begin.at, end.at) or 0.0
        change = fsum((end.equity_usd, -begin.equity_usd, -flows))
        begin_sum = (begin.unrealized_usd or 0.0) + (begin.realized_usd or 0.0)
        end_sum = (end.unrealized_usd or 0.0) + (end.realized_usd or 0.0)
        rest = fsum((change, begin_sum, -end_sum))
        large = is_pending(rest, begin.equity_usd) and is_pending(change, begin.equity_usd)
        return rest if large and rest * change > 0 else None

    def _taken(self, row: IndexRow, *, unexplained: bool) -> AccountIndex:
        """After this row, which counts."""
        before = self.state
        flows = self.book.dated_between(before.at, row.at)
        undated_usd = self.book.undated_between(before.at, row.at)
        running = before.phase == "running" and before.equity_usd >= before.dust_usd
        if before.phase != "running":
            flows, undated_usd = (), None
        point = EquityPoint(at=row.at, learned_at=row.at, equity_usd=row.equity_usd)
        state = advance(before, point, flows, undated_usd=undated_usd)
        if unexplained:
            state = structs.replace(state, marks=merged_marks(state.marks, ("unexplained",)))
        scale, value = self.scale, row.equity_usd * self.scale
        if state.life != before.life:
            scale, value = 1.0, row.equity_usd
        elif not running or flows or undated_usd is not None or state.phase != "running":
            ratio = state.value / before.value if before.value > 0 else 0.0
            value = self.value_usd * ratio if before.phase != "waiting" else row.equity_usd
            scale = value / row.equity_usd if row.equity_usd > 0 else 0.0
        anchors = self.anchors
        if (flows or undated_usd is not None) and self.settled is not None:
            anchors = (*anchors, (self.settled.at, self.settled.equity_usd), (row.at, row.equity_usd))
        return structs.replace(
            self,
            state=state,
            scale=scale,
            value_usd=value,
            settled=row,
            anchors=anchors,
            moved=self.moved or scale != 1.0 or state.life > 1,
        )


def build_index(
    book: FlowBook, points: Iterable[Point], newest: Sequence[IndexRow] = (), anchors: Sequence[Point] = ()
) -> tuple[AccountIndex, tuple[Point, ...]]:
    """The index over all points of an equity curve and its anchors, and its values.

    `newest` are the last rows with their results; they replace the points of their times.
    """
    rows = {at: IndexRow(at, usd) for at, usd in (*points, *anchors)}
    rows |= {row.at: row for row in newest}
    index, values = AccountIndex(book, anchors=tuple(anchors)), list[Point]()
    for at in sorted(rows):
        index, settled = index.observed(rows[at])
        values += settled
    return structs.replace(index, anchors=tuple(sorted({*anchors, *index.anchors}))), tuple(values)


class IndexedCurve(Struct, frozen=True):
    """An account's index with the curve of its values, which figures of performance are read from."""

    index: AccountIndex
    curve: Curve | None = None
    """Values of the present life; None while they are those of the equity curve."""

    def with_points(self, index: AccountIndex, points: Sequence[Point], equity: Curve) -> IndexedCurve:
        """With the index after these values. `equity` is the equity curve before them."""
        if index.state.life > max(1, self.index.state.life):
            begin = index.state.began_at or 0.0
            lived = [point for point in points if point[0] >= begin]
            return IndexedCurve(index, Curve.of(index.state.began_usd, lived))
        if not index.moved:
            return IndexedCurve(index)
        return IndexedCurve(index, (self.curve or equity).extended(points))


def base_capital_usd(
    capital_usd: float | None, inception_at: float | None, first: Point | None, book: FlowBook
) -> float | None:
    """The capital that the value of the first row is compared with: the stated one, moved by the flows
    between inception and that row. None where no capital is stated.
    """
    if capital_usd is None or capital_usd <= 0 or inception_at is None or first is None:
        return capital_usd
    flows = book.dated_between(inception_at, first[0])
    if not flows or inception_at > first[0]:
        return capital_usd
    inception = CapitalFact(at=inception_at, learned_at=inception_at, usd=capital_usd, origin="upstream")
    growth = 1.0 + unwatched_return(inception, Valuation(*first), flows).value
    return first[1] / growth if growth > 0 else capital_usd
