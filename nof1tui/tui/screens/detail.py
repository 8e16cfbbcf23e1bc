"""One record in full, over the screen it was opened from: a decision, a position, a trade."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nof1tui.domain.board import Board
from nof1tui.domain.decisions.attribution import (
    MAX_FILL_DELAY,
    MAX_FILL_LEAD,
    ExecutedOrder,
    position_entry_order,
    trade_entry_order,
    trade_exit_order,
)
from nof1tui.domain.records import AccountKey, Decision, Trade
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, RecordFilter
from nof1tui.tui.columns.trader import PositionRow
from nof1tui.tui.context import ScreenContext
from nof1tui.tui.keys import textual_bindings
from nof1tui.tui.style import format as fmt
from nof1tui.tui.style.list_entry import TextPart
from nof1tui.tui.text.details import decision_detail, position_detail, trade_detail
from nof1tui.tui.text.empty_states import has_decisions
from nof1tui.tui.text.position_history import (
    attribution_parts,
    fills_near_decision,
    link_decision,
    position_history_parts,
)


async def _decisions_near(store: History, fill: ExecutedOrder | None) -> Sequence[Decision]:
    """Those of its account that may have caused this order."""
    if fill is None:
        return ()
    wanted = RecordFilter(
        traders=[fill.account.trader],
        coin=fill.coin,
        season=fill.account.season,
        since=fill.at - MAX_FILL_DELAY,
        until=fill.at + MAX_FILL_LEAD,
    )
    return await store.decisions(wanted)


async def _decisions_beside(store: History, decision: Decision) -> Sequence[Decision]:
    """Those of its account that may have caused what it seems to have caused."""
    apart, account = MAX_FILL_LEAD + MAX_FILL_DELAY, decision.account
    wanted = RecordFilter(
        traders=[account.trader],
        season=account.season,
        since=decision.at - apart,
        until=decision.at + apart,
        actions_only=True,
    )
    return await store.decisions(wanted)


class DetailScreen(ModalScreen[None]):
    """Made once and filled anew; the text is data and never markup."""

    DEFAULT_CSS = """
    DetailScreen > VerticalScroll { width: 92%; max-width: 130; height: auto; max-height: 92%; padding: 0 2;
                                    border: round $accent; background: $surface; scrollbar-size-vertical: 1; }
    DetailScreen Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "close", show=False),
        Binding("o", "open_trader", "trader", show=False),
        *textual_bindings("list"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._title = Content("")
        self._text = Content("")
        self.subject = ""
        self._about: AccountKey | None = None

    def compose(self) -> ComposeResult:
        yield VerticalScroll(Static("", markup=False))

    def on_mount(self) -> None:
        self._fill()

    def on_screen_resume(self) -> None:
        self.page.scroll_home(animate=False)

    @property
    def page(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    @property
    def text(self) -> str:
        return self._text.plain

    def show_text(self, subject: str, title: Content, text: Content, about: AccountKey | None = None) -> None:
        """Show this about the subject (a record's id), whether already open or about to be.

        `about` is whose record it is, where its screen may be opened from here.
        """
        self.subject, self._title, self._text, self._about = subject, title, text, about
        if self.is_mounted:
            self._fill()

    def show_decision(
        self,
        decision: Decision,
        board: Board | None,
        history: History | None,
        about: AccountKey | None = None,
    ) -> None:
        """Show a decision at once, and its long texts as soon as the store has given them."""
        title, fills = (
            Content(f"Chat of {fmt.day_and_time(decision.at)} UTC"),
            fills_near_decision(board, decision),
        )
        beside = board.decisions if board else ()

        async def told(store: History) -> list[TextPart]:
            texts = await store.decision_texts(decision.id)
            near = await _decisions_beside(store, decision) if fills else ()
            note = "The store has no reasoning or prompt of this." if texts is None else ""
            return decision_detail(decision, texts, link_decision(decision, (*beside, *near), fills), note)

        first = partial(decision_detail, decision, None, link_decision(decision, beside, fills))
        self.show_then_load(decision.id, title, first, told, history, "Reasoning and prompt", about)

    def show_position(
        self, row: PositionRow, title: Content, history: History | None, about: AccountKey | None = None
    ) -> None:
        """Show a position, and then its life so far and the decision that opened it."""
        subject, account = f"{row.account_row.account.slug}:{row.coin}", row.account_row.account

        async def told(store: History) -> list[TextPart]:
            life = await store.position_history(account, row.position, row.account_row.observed_at)
            parts = [*position_detail(row), *position_history_parts(life)]
            if has_decisions(account):
                fill = position_entry_order(account, row.position)
                parts += attribution_parts("Opened", fill, await _decisions_near(store, fill))
            return parts

        self.show_then_load(subject, title, partial(position_detail, row), told, history, "Its life", about)

    def show_trade(
        self, trade: Trade, title: Content, history: History | None, about: AccountKey | None = None
    ) -> None:
        """Show a trade, and then the decisions that opened and closed it."""

        async def told(store: History) -> list[TextPart]:
            parts = trade_detail(trade)
            for words, fill in (("Opened", trade_entry_order(trade)), ("Closed", trade_exit_order(trade))):
                parts += attribution_parts(words, fill, await _decisions_near(store, fill))
            return parts

        if not has_decisions(trade.account):
            self.show_text(trade.id, title, Content.assemble(*trade_detail(trade)), about)
            return
        self.show_then_load(
            trade.id, title, partial(trade_detail, trade), told, history, "Its decisions", about
        )

    def show_then_load(
        self,
        subject: str,
        title: Content,
        first: Callable[[str], list[TextPart]],
        told: Callable[[History], Awaitable[list[TextPart]]],
        history: History | None,
        what: str,
        about: AccountKey | None,
    ) -> None:
        """Show `first` at once, with a note on `what` is missing; then what the store has told."""
        note = f"{what}: loading …" if history else f"{what}: there is no store now."
        self.show_text(subject, title, Content.assemble(*first(note)), about)
        if history is not None:
            self.run_worker(
                self._load(subject, title, first, told(history), what, about), group="texts", exclusive=True
            )

    async def _load(
        self,
        subject: str,
        title: Content,
        first: Callable[[str], list[TextPart]],
        told: Awaitable[list[TextPart]],
        what: str,
        about: AccountKey | None,
    ) -> None:
        try:
            parts = await told
        except StoreUnavailable as error:
            parts = first(f"{what} cannot be read now: {fmt.sanitise_line(str(error), 200)}")
        if self.subject == subject:
            self.show_text(subject, title, Content.assemble(*parts), about)

    def _fill(self) -> None:
        self.page.border_title = self._title
        self.page.border_subtitle = "o opens the trader · esc closes" if self._about else "esc closes"
        self.query_one(Static).update(self._text)

    def action_open_trader(self) -> None:
        if self._about is not None:
            self.dismiss()
            cast("ScreenContext", self.app).open_trader(self._about)

    def action_move(self, lines: int) -> None:
        self.page.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: float) -> None:
        self.page.scroll_relative(y=round(pages * self.page.size.height), animate=False)

    def action_first(self) -> None:
        self.page.scroll_home(animate=False)

    def action_last(self) -> None:
        self.page.scroll_end(animate=False)
