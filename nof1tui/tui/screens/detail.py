"""The detail page: a decision, a position or a trade with all its fields, over the current screen."""

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
from nof1tui.domain.figures.views import PositionView
from nof1tui.domain.records import AccountKey, Decision, Trade
from nof1tui.ports.errors import StoreUnavailable
from nof1tui.ports.history import History, RecordFilter
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


async def _possible_causes(history: History, order: ExecutedOrder | None) -> Sequence[Decision]:
    """Decisions of the order's account close enough in time to have caused it."""
    if order is None:
        return ()
    query = RecordFilter(
        traders=[order.account.trader],
        coin=order.coin,
        season=order.account.season,
        since=order.at - MAX_FILL_DELAY,
        until=order.at + MAX_FILL_LEAD,
    )
    return await history.decisions(query)


async def _competing_decisions(history: History, decision: Decision) -> Sequence[Decision]:
    """Decisions of the same account that may have caused the orders attributed to this one."""
    margin, account = MAX_FILL_LEAD + MAX_FILL_DELAY, decision.account
    query = RecordFilter(
        traders=[account.trader],
        season=account.season,
        since=decision.at - margin,
        until=decision.at + margin,
        actions_only=True,
    )
    return await history.decisions(query)


class DetailScreen(ModalScreen[None]):
    """The `DetailPage`: made once and refilled for each record; its text is never parsed as markup."""

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
        self.record_id = ""
        """Id of the record shown."""
        self._linked_account: AccountKey | None = None

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

    def show_text(
        self, record_id: str, title: Content, text: Content, linked_account: AccountKey | None = None
    ) -> None:
        """Fill the page, whether it is open already or opened next."""
        self.record_id, self._title, self._text = record_id, title, text
        self._linked_account = linked_account
        if self.is_mounted:
            self._fill()

    def show_decision(
        self,
        decision: Decision,
        board: Board | None,
        history: History | None,
        linked_account: AccountKey | None = None,
    ) -> None:
        """Show a decision, and its long texts once they are read from the store."""
        name = cast("ScreenContext", self.app).identities.identity_of(decision.account).name
        title = Content(f"{name} › Decision › {fmt.day_and_time(decision.at)} UTC")
        fills = fills_near_decision(board, decision)
        on_board = board.decisions if board else ()

        async def load(history: History) -> list[TextPart]:
            texts = await history.decision_texts(decision.id)
            competing = await _competing_decisions(history, decision) if fills else ()
            note = "Reasoning and prompt not stored." if texts is None else ""
            links = link_decision(decision, (*on_board, *competing), fills)
            return decision_detail(decision, texts, links, note)

        initial = partial(decision_detail, decision, None, link_decision(decision, on_board, fills))
        self.show_then_load(
            decision.id, title, initial, load, history, "Reasoning and prompt", linked_account
        )

    def show_position(
        self,
        view: PositionView,
        title: Content,
        history: History | None,
        linked_account: AccountKey | None = None,
    ) -> None:
        """Show a position, and from the store its history and the decision that opened it."""
        account = view.account

        async def load(history: History) -> list[TextPart]:
            changes = await history.position_history(account, view.position, view.observed_at)
            parts = [*position_detail(view), *position_history_parts(changes)]
            if has_decisions(account):
                order = position_entry_order(account, view.position)
                parts += attribution_parts("Opened", order, await _possible_causes(history, order))
            return parts

        self.show_then_load(
            f"{account.slug}:{fmt.sanitise_line(view.position.coin, 24)}",
            title,
            partial(position_detail, view),
            load,
            history,
            "History",
            linked_account,
        )

    def show_trade(
        self, trade: Trade, title: Content, history: History | None, linked_account: AccountKey | None = None
    ) -> None:
        """Show a trade, and from the store the decisions that opened and closed it."""

        async def load(history: History) -> list[TextPart]:
            parts = trade_detail(trade)
            for verb, order in (("Opened", trade_entry_order(trade)), ("Closed", trade_exit_order(trade))):
                parts += attribution_parts(verb, order, await _possible_causes(history, order))
            return parts

        if not has_decisions(trade.account):
            self.show_text(trade.id, title, Content.assemble(*trade_detail(trade)), linked_account)
            return
        self.show_then_load(
            trade.id, title, partial(trade_detail, trade), load, history, "Decisions", linked_account
        )

    def show_then_load(
        self,
        record_id: str,
        title: Content,
        initial: Callable[[str], list[TextPart]],
        load: Callable[[History], Awaitable[list[TextPart]]],
        history: History | None,
        label: str,
        linked_account: AccountKey | None,
    ) -> None:
        """Show `initial(note)`, then what `load` reads from the store; `label` names that in the note."""
        note = f"{label}: loading …" if history else f"{label}: store unavailable."
        self.show_text(record_id, title, Content.assemble(*initial(note)), linked_account)
        if history is not None:
            self.run_worker(
                self._load(record_id, title, initial, load(history), label, linked_account),
                group="texts",
                exclusive=True,
            )

    async def _load(
        self,
        record_id: str,
        title: Content,
        initial: Callable[[str], list[TextPart]],
        loading: Awaitable[list[TextPart]],
        label: str,
        linked_account: AccountKey | None,
    ) -> None:
        try:
            parts = await loading
        except StoreUnavailable as error:
            reason = fmt.sanitise_line(str(error), 200)
            parts = initial(f"Could not load {label.lower()}: {reason}")
        if self.record_id == record_id:
            self.show_text(record_id, title, Content.assemble(*parts), linked_account)

    def _fill(self) -> None:
        self.page.border_title = self._title
        self.page.border_subtitle = "o trader · esc back" if self._linked_account else "esc back"
        self.query_one(Static).update(self._text)

    def action_open_trader(self) -> None:
        if self._linked_account is not None:
            self.dismiss()
            cast("ScreenContext", self.app).open_trader(self._linked_account)

    def action_move(self, lines: int) -> None:
        self.page.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: float) -> None:
        self.page.scroll_relative(y=round(pages * self.page.size.height), animate=False)

    def action_first(self) -> None:
        self.page.scroll_home(animate=False)

    def action_last(self) -> None:
        self.page.scroll_end(animate=False)
