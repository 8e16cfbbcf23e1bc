"""One record in full, over the screen it was opened from: a decision, a position, a trade."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nof1tui import ports
from nof1tui.domain.model import AccountKey, Decision
from nof1tui.tui import format as fmt
from nof1tui.tui.details import decision_detail
from nof1tui.tui.keys import bindings

if TYPE_CHECKING:
    from nof1tui.tui.app import ArenaApp


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
        *bindings("list"),
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

    def tell(self, subject: str, title: Content, text: Content, about: AccountKey | None = None) -> None:
        """Show this about the subject (a record's id), whether already open or about to be.

        `about` is whose record it is, where its screen may be opened from here.
        """
        self.subject, self._title, self._text, self._about = subject, title, text, about
        if self.is_mounted:
            self._fill()

    def tell_decision(
        self, decision: Decision, history: ports.History | None, about: AccountKey | None = None
    ) -> None:
        """Show a decision at once, and its long texts as soon as the store has given them."""
        title = Content(f"Chat of {fmt.day_clock(decision.at)} UTC")
        note = (
            "Reasoning and prompt: loading …" if history else "Reasoning and prompt: there is no store now."
        )
        self.tell(decision.id, title, Content.assemble(*decision_detail(decision, None, note)), about)
        if history is not None:
            self.run_worker(self._load(history, decision, title), group="texts", exclusive=True)

    async def _load(self, history: ports.History, decision: Decision, title: Content) -> None:
        note = ""
        try:
            texts = await history.decision_texts(decision.id)
            if texts is None:
                note = "The store has no reasoning or prompt of this."
        except ports.StoreUnavailable as error:
            texts = None
            note = f"Reasoning and prompt cannot be read now: {fmt.plain_line(str(error), 200)}"
        if self.subject == decision.id:
            self.tell(
                decision.id, title, Content.assemble(*decision_detail(decision, texts, note)), self._about
            )

    def _fill(self) -> None:
        self.page.border_title = self._title
        self.page.border_subtitle = "o opens the trader · esc closes" if self._about else "esc closes"
        self.query_one(Static).update(self._text)

    def action_open_trader(self) -> None:
        if self._about is not None:
            self.dismiss()
            cast("ArenaApp", self.app).open_trader(self._about)

    def action_move(self, lines: int) -> None:
        self.page.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: float) -> None:
        self.page.scroll_relative(y=round(pages * self.page.size.height), animate=False)

    def action_first(self) -> None:
        self.page.scroll_home(animate=False)

    def action_last(self) -> None:
        self.page.scroll_end(animate=False)
