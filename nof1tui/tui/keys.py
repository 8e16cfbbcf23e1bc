"""Every key of the program, once: bindings, help, palette and footer all read this list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

KeyScope = Literal[
    "everywhere", "list", "table", "sheet", "records", "chart",
    "arena", "positions", "trades", "chat", "coins", "stats", "events", "system", "trader",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyBinding:
    id: str
    keys: str
    """Textual's names, separated by commas."""
    label: str
    """The keys as a person reads them."""
    action: str
    title: str
    """One or two words for the footer."""
    description: str
    scope: KeyScope
    footer_weight: int = 0
    """Weight in the footer line; 0 stays out, higher stays longer as width shrinks."""
    priority: bool = False
    """Works even while one types or reads a page on top."""


SCREENS: tuple[tuple[int, KeyScope, str, str], ...] = (
    (1, "arena", "Arena", "Who leads and how they got there"),
    (2, "positions", "Positions", "Every open position"),
    (3, "trades", "Trades", "Every closed trade"),
    (4, "chat", "Chat", "What the models said and decided"),
    (5, "coins", "Coins", "Who holds what: crowds, dissenters, correlation"),
    (6, "stats", "Stats", "Every figure of every trader"),
    (7, "events", "Events", "What happened"),
    (8, "system", "System", "Feeds, store and wire"),
)
"""The numbered screens: key, name, title, what it tells."""

KEY_BINDINGS: tuple[KeyBinding, ...] = (
    *(
        KeyBinding(
            f"app.{name}",
            str(number),
            str(number),
            f"show('{name}')",
            title,
            f"{title}: {tells}",
            "everywhere",
        )
        for number, name, title, tells in SCREENS
    ),
    KeyBinding("app.quit", "q", "q", "leave", "quit", "Quit", "everywhere", 40),
    KeyBinding(
        "app.interrupt",
        "ctrl+c",
        "^c",
        "leave",
        "quit",
        "Quit, whatever is open",
        "everywhere",
        priority=True,
    ),
    KeyBinding(
        "app.suspend", "ctrl+z", "^z", "suspend_process", "suspend", "To the shell; fg returns", "everywhere"
    ),
    KeyBinding("app.help", "question_mark,f1", "?", "help", "help", "All keys and signs", "everywhere", 90),
    KeyBinding(
        "app.palette", "ctrl+p", "^p", "command_palette", "commands", "Find a command", "everywhere", 60
    ),
    KeyBinding(
        "app.pause",
        "space",
        "space",
        "pause",
        "pause",
        "Pause painting; collecting goes on",
        "everywhere",
        50,
    ),
    KeyBinding("app.poll", "r", "r", "poll_now", "poll", "Ask every feed now", "everywhere", 10),
    KeyBinding(
        "app.faster",
        "plus,equals_sign",
        "+",
        "change_pace(0.5)",
        "faster",
        "Poll twice as often",
        "everywhere",
    ),
    KeyBinding("app.slower", "minus", "-", "change_pace(2.0)", "slower", "Poll half as often", "everywhere"),
    KeyBinding(
        "past.back",
        "left_square_bracket",
        "[",
        "travel_step(-1)",
        "back",
        "One step into the past",
        "everywhere",
    ),
    KeyBinding(
        "past.on", "right_square_bracket", "]", "travel_step(1)", "on", "A step on in time", "everywhere"
    ),
    KeyBinding(
        "past.day_back", "left_curly_bracket", "{", "travel_day(-1)", "day back", "A day back", "everywhere"
    ),
    KeyBinding(
        "past.day_on", "right_curly_bracket", "}", "travel_day(1)", "day on", "A day on", "everywhere"
    ),
    KeyBinding("past.go", "at", "@", "travel_to", "go to", "Go to a moment", "everywhere", 15),
    KeyBinding(
        "past.play", "P", "P", "travel_play", "play", "Let the past run: ×1 ×10 ×60 ×600", "everywhere"
    ),
    KeyBinding("past.live", "L", "L", "travel_live", "live", "Back to the present", "everywhere"),
    KeyBinding(
        "app.theme",
        "T",
        "T",
        "next_theme",
        "theme",
        "The next theme: dark, light, contrast, ansi",
        "everywhere",
    ),
    KeyBinding("arena.open", "enter", "⏎", "open", "open", "Open the highlighted trader", "arena", 100),
    KeyBinding(
        "arena.back", "escape", "esc", "clear", "clear", "Clear the filter, show the chart again", "arena"
    ),
    KeyBinding("arena.chart", "c", "c", "show_chart", "chart", "The chart alone, and back", "arena", 28),
    KeyBinding(
        "arena.pane", "v", "v", "next_tab", "pane", "Next: events, positions, trades, chat", "arena", 72
    ),
    KeyBinding(
        "arena.hide", "x", "x", "hide_line", "hide line", "Hide or show the trader's line", "arena", 25
    ),
    KeyBinding("arena.only", "X", "X", "only_line", "only line", "Only the trader's line, and back", "arena"),
    KeyBinding("arena.next", "tab", "tab", "next_pane", "next pane", "Move to the next pane", "arena", 20),
    KeyBinding("arena.left", "h,left", "h ←", "focus_table", "table", "Move to the table", "arena"),
    KeyBinding(
        "arena.right", "l,right", "l →", "focus_pane", "pane", "Move to the pane on the right", "arena"
    ),
    KeyBinding(
        "trader.back",
        "escape",
        "esc",
        "back",
        "back",
        "Clear the filter, or back",
        "trader",
        100,
    ),
    KeyBinding("trader.open", "enter", "⏎", "open", "detail", "Open position, trade or chat", "trader", 95),
    KeyBinding("trader.next", "n", "n", "step(1)", "next trader", "Next trader", "trader", 85),
    KeyBinding("trader.previous", "N", "N", "step(-1)", "previous", "Previous trader", "trader", 45),
    KeyBinding("trader.tab", "v", "v", "next_tab", "tab", "Next: trades, chat, stats", "trader", 84),
    KeyBinding(
        "trader.up", "h,left", "h ←", "focus_positions", "positions", "Move to the positions", "trader"
    ),
    KeyBinding(
        "trader.down", "l,right", "l →", "focus_past", "past", "Move to trades, chat, stats", "trader"
    ),
    KeyBinding("trader.pane", "tab", "tab", "next_pane", "next pane", "Move to the next pane", "trader", 35),
    KeyBinding(
        "table.filter", "slash", "/", "filter", "filter", "Filter: text or regex, ! for the rest", "table", 80
    ),
    KeyBinding("table.sort", "s", "s", "sort_next", "sort", "Sort by the next column", "table", 70),
    KeyBinding("table.reverse", "S", "S", "sort_reverse", "reverse", "Sort the other way round", "table"),
    KeyBinding("table.copy", "y", "y", "copy_row", "copy", "Copy the row to the clipboard", "table"),
    KeyBinding(
        "table.copy_cell", "Y", "Y", "copy_cell", "copy cell", "Copy the cell to the clipboard", "table"
    ),
    KeyBinding(
        "table.export", "e", "e", "export", "export", "Write the table as filtered: CSV, JSON", "table", 32
    ),
    KeyBinding(
        "sheet.back", "escape", "esc", "back", "back", "Clear the filter, or to the arena", "sheet", 30
    ),
    KeyBinding("sheet.left", "h,left", "h ←", "move_column(-1)", "left", "The column on the left", "sheet"),
    KeyBinding(
        "sheet.right", "l,right", "l →", "move_column(1)", "right", "The column on the right", "sheet"
    ),
    KeyBinding("records.open", "enter", "⏎", "open", "detail", "Open the record in full", "records", 95),
    KeyBinding(
        "records.trader", "o", "o", "open_trader", "trader", "Open the record's trader", "records", 65
    ),
    KeyBinding("stats.range", "t", "t", "next_range", "range", "Figures of: 24H 72H 7D ALL", "stats", 75),
    KeyBinding(
        "coins.open", "enter", "⏎", "open", "price", "The coin's price in large, and back", "coins", 95
    ),
    KeyBinding(
        "positions.group",
        "g",
        "g",
        "toggle_groups",
        "group",
        "By trader or in one list; to the first: home",
        "positions",
        75,
    ),
    KeyBinding("chart.range", "t", "t", "next_range", "range", "Range: 24H 72H 7D ALL", "chart", 75),
    KeyBinding(
        "chart.unit",
        "percent_sign",
        "%",
        "toggle_percent",
        "unit",
        "Chart in dollars or percent",
        "chart",
        30,
    ),
    KeyBinding("list.down", "down,j", "j ↓", "move(1)", "down", "One down", "list"),
    KeyBinding("list.up", "up,k", "k ↑", "move(-1)", "up", "One up", "list"),
    KeyBinding("list.first", "home,g", "g", "first", "first", "To the first", "list"),
    KeyBinding("list.last", "end,G", "G", "last", "last", "To the last", "list"),
    KeyBinding("list.half_down", "ctrl+d", "^d", "page(0.5)", "half page down", "Half a page down", "list"),
    KeyBinding("list.half_up", "ctrl+u", "^u", "page(-0.5)", "half page up", "Half a page up", "list"),
    KeyBinding("list.page_down", "pagedown", "PgDn", "page(1)", "page down", "A page down", "list"),
    KeyBinding("list.page_up", "pageup", "PgUp", "page(-1)", "page up", "A page up", "list"),
)


def key_bindings_in(*places: KeyScope) -> tuple[KeyBinding, ...]:
    """The keys that work in these places, in the order of the list."""
    return tuple(key for key in KEY_BINDINGS if key.scope in places)


def textual_bindings(*places: KeyScope) -> list[Binding]:
    """What a screen, a list or the app gives Textual."""
    return [
        Binding(
            key.keys,
            key.action,
            key.title,
            show=False,
            priority=key.priority,
            tooltip=key.description,
            id=key.id,
        )
        for key in key_bindings_in(*places)
    ]


def footer_keys(keys: Iterable[KeyBinding], width: int) -> list[KeyBinding]:
    """The keys of the footer line that fit into `width` cells, in the order of the list."""
    wanted = sorted((key for key in keys if key.footer_weight), key=lambda key: -key.footer_weight)
    kept, used = list[KeyBinding](), 0
    for key in wanted:
        used += len(key.label) + len(key.title) + 3
        if used > width:
            break
        kept.append(key)
    return sorted(kept, key=lambda key: -key.footer_weight)
