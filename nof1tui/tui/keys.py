"""All key bindings: Textual bindings, help, palette and footer derive from this list."""

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
    """Textual's key names, separated by commas."""
    label: str
    """The keys as shown to people."""
    action: str
    title: str
    """One or two words, for the footer."""
    description: str
    scope: KeyScope
    footer_weight: int = 0
    """Weight in the footer; 0 is not shown, a higher weight stays longer as the width shrinks."""
    priority: bool = False
    """Whether it also works in text inputs and on pages."""


SCREENS: tuple[tuple[int, KeyScope, str, str], ...] = (
    (1, "arena", "Arena", "Ranking and equity curves"),
    (2, "positions", "Positions", "Every open position"),
    (3, "trades", "Trades", "Every closed trade"),
    (4, "chat", "Chat", "Decisions and reasoning"),
    (5, "coins", "Coins", "Positioning by coin, crowding, correlation"),
    (6, "stats", "Stats", "All metrics, with n"),
    (7, "events", "Events", "Event log"),
    (8, "system", "System", "Feeds, store, terminal output"),
)
"""The numbered screens: key, name, title, description."""

KEY_BINDINGS: tuple[KeyBinding, ...] = (
    *(
        KeyBinding(
            f"app.{name}",
            str(number),
            str(number),
            f"show('{name}')",
            title,
            f"{title}: {description}",
            "everywhere",
        )
        for number, name, title, description in SCREENS
    ),
    KeyBinding("app.quit", "q", "q", "leave", "quit", "Quit", "everywhere", 40),
    KeyBinding(
        "app.interrupt",
        "ctrl+c",
        "^c",
        "leave",
        "quit",
        "Quit from anywhere",
        "everywhere",
        priority=True,
    ),
    KeyBinding(
        "app.suspend", "ctrl+z", "^z", "suspend_process", "suspend", "Suspend (fg resumes)", "everywhere"
    ),
    KeyBinding("app.help", "question_mark,f1", "?", "help", "help", "Help", "everywhere", 90),
    KeyBinding(
        "app.palette", "ctrl+p", "^p", "command_palette", "commands", "Find a command", "everywhere", 60
    ),
    KeyBinding(
        "app.pause",
        "space",
        "space",
        "pause",
        "pause",
        "Freeze the screen (collection continues)",
        "everywhere",
        50,
    ),
    KeyBinding("app.poll", "r", "r", "poll_now", "poll", "Poll all feeds now", "everywhere", 10),
    KeyBinding(
        "app.faster",
        "plus,equals_sign",
        "+",
        "change_pace(0.5)",
        "faster",
        "Poll faster (×2)",
        "everywhere",
    ),
    KeyBinding("app.slower", "minus", "-", "change_pace(2.0)", "slower", "Poll slower (÷2)", "everywhere"),
    KeyBinding(
        "past.back",
        "left_square_bracket",
        "[",
        "travel_step(-1)",
        "back",
        "Back one step",
        "everywhere",
    ),
    KeyBinding(
        "past.on", "right_square_bracket", "]", "travel_step(1)", "forward", "Forward one step", "everywhere"
    ),
    KeyBinding(
        "past.day_back", "left_curly_bracket", "{", "travel_day(-1)", "day back", "Back one day", "everywhere"
    ),
    KeyBinding(
        "past.day_on",
        "right_curly_bracket",
        "}",
        "travel_day(1)",
        "day forward",
        "Forward one day",
        "everywhere",
    ),
    KeyBinding("past.go", "at", "@", "travel_to", "go to", "Go to a time", "everywhere", 15),
    KeyBinding("past.play", "P", "P", "travel_play", "play", "Play history: ×1 ×10 ×60 ×600", "everywhere"),
    KeyBinding("past.live", "L", "L", "travel_live", "live", "Back to live", "everywhere"),
    KeyBinding(
        "app.theme",
        "T",
        "T",
        "next_theme",
        "theme",
        "Next theme: dark, light, contrast, ansi",
        "everywhere",
    ),
    KeyBinding("arena.open", "enter", "⏎", "open", "open", "Open the highlighted trader", "arena", 100),
    KeyBinding("arena.back", "escape", "esc", "clear", "clear", "Clear filter / reset layout", "arena"),
    KeyBinding("arena.chart", "c", "c", "show_chart", "chart", "Maximise chart", "arena", 28),
    KeyBinding(
        "arena.pane", "v", "v", "next_tab", "pane", "Next tab: events, positions, trades, chat", "arena", 72
    ),
    KeyBinding("arena.hide", "x", "x", "hide_line", "hide line", "Hide / show line", "arena", 25),
    KeyBinding("arena.only", "X", "X", "only_line", "only line", "Isolate line", "arena"),
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
        "Clear filter / back",
        "trader",
        100,
    ),
    KeyBinding("trader.open", "enter", "⏎", "open", "detail", "Open position, trade or chat", "trader", 95),
    KeyBinding("trader.next", "n", "n", "step(1)", "next trader", "Next trader", "trader", 85),
    KeyBinding("trader.previous", "N", "N", "step(-1)", "previous", "Previous trader", "trader", 45),
    KeyBinding("trader.tab", "v", "v", "next_tab", "tab", "Next tab: trades, chat, stats", "trader", 84),
    KeyBinding(
        "trader.up", "h,left", "h ←", "focus_positions", "positions", "Move to the positions", "trader"
    ),
    KeyBinding(
        "trader.down", "l,right", "l →", "focus_past", "history", "Move to trades, chat, stats", "trader"
    ),
    KeyBinding("trader.pane", "tab", "tab", "next_pane", "next pane", "Move to the next pane", "trader", 35),
    KeyBinding("table.filter", "slash", "/", "filter", "filter", "Filter rows", "table", 80),
    KeyBinding("table.sort", "s", "s", "sort_next", "sort", "Sort by the next column", "table", 70),
    KeyBinding("table.reverse", "S", "S", "sort_reverse", "reverse", "Reverse sort", "table"),
    KeyBinding("table.copy", "y", "y", "copy_row", "copy", "Copy the row to the clipboard", "table"),
    KeyBinding(
        "table.copy_cell", "Y", "Y", "copy_cell", "copy cell", "Copy the cell to the clipboard", "table"
    ),
    KeyBinding(
        "table.export", "e", "e", "export", "export", "Export filtered table (CSV, JSON)", "table", 32
    ),
    KeyBinding("sheet.back", "escape", "esc", "back", "back", "Clear filter / back", "sheet", 30),
    KeyBinding("sheet.left", "h,left", "h ←", "move_column(-1)", "left", "Previous column", "sheet"),
    KeyBinding("sheet.right", "l,right", "l →", "move_column(1)", "right", "Next column", "sheet"),
    KeyBinding("records.open", "enter", "⏎", "open", "detail", "Open details", "records", 95),
    KeyBinding(
        "records.trader", "o", "o", "open_trader", "trader", "Open the record's trader", "records", 65
    ),
    KeyBinding("stats.range", "t", "t", "next_range", "range", "Range: 24H 72H 7D ALL", "stats", 75),
    KeyBinding("coins.open", "enter", "⏎", "open", "price", "Maximise price chart", "coins", 95),
    KeyBinding(
        "positions.group",
        "g",
        "g",
        "toggle_groups",
        "group",
        "Group by trader / flat",
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
    KeyBinding("list.down", "down,j", "j ↓", "move(1)", "down", "Down", "list"),
    KeyBinding("list.up", "up,k", "k ↑", "move(-1)", "up", "Up", "list"),
    KeyBinding("list.first", "home,g", "g", "first", "first", "First row", "list"),
    KeyBinding("list.last", "end,G", "G", "last", "last", "Last row", "list"),
    KeyBinding("list.half_down", "ctrl+d", "^d", "page(0.5)", "half page down", "Half page down", "list"),
    KeyBinding("list.half_up", "ctrl+u", "^u", "page(-0.5)", "half page up", "Half page up", "list"),
    KeyBinding("list.page_down", "pagedown", "PgDn", "page(1)", "page down", "Page down", "list"),
    KeyBinding("list.page_up", "pageup", "PgUp", "page(-1)", "page up", "Page up", "list"),
)


def key_bindings_in(*scopes: KeyScope) -> tuple[KeyBinding, ...]:
    """The bindings of these scopes, in the order of `KEY_BINDINGS`."""
    return tuple(key for key in KEY_BINDINGS if key.scope in scopes)


def textual_bindings(*scopes: KeyScope) -> list[Binding]:
    """The bindings of these scopes as Textual's, for `BINDINGS` of an app, a screen or a widget."""
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
        for key in key_bindings_in(*scopes)
    ]


def footer_keys(keys: Iterable[KeyBinding], width: int) -> list[KeyBinding]:
    """The keys that fit into `width` cells of the footer, by descending weight."""
    candidates = sorted((key for key in keys if key.footer_weight), key=lambda key: -key.footer_weight)
    shown, used = list[KeyBinding](), 0
    for key in candidates:
        used += len(key.label) + len(key.title) + 3
        if used > width:
            break
        shown.append(key)
    return shown
