"""Every key of the program, once: bindings, help, palette and footer all read this list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding

Place = Literal[
    "everywhere", "list", "table", "sheet", "records", "chart",
    "arena", "positions", "trades", "chat", "coins", "stats", "events", "system", "trader",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    keys: str
    """Textual's names, separated by commas."""
    shown: str
    """The keys as a person reads them."""
    action: str
    title: str
    """One or two words for the footer."""
    description: str
    place: Place
    hint: int = 0
    """Weight in the footer line; 0 stays out, higher stays longer as width shrinks."""
    always: bool = False
    """Works even while one types or reads a page on top."""


SCREENS: tuple[tuple[int, Place, str, str], ...] = (
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

KEYS: tuple[Key, ...] = (
    *(
        Key(
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
    Key("app.quit", "q", "q", "leave", "quit", "Quit", "everywhere", 40),
    Key(
        "app.interrupt", "ctrl+c", "^c", "leave", "quit", "Quit, whatever is open", "everywhere", always=True
    ),
    Key(
        "app.suspend", "ctrl+z", "^z", "suspend_process", "suspend", "To the shell; fg returns", "everywhere"
    ),
    Key("app.help", "question_mark,f1", "?", "help", "help", "All keys and signs", "everywhere", 90),
    Key("app.palette", "ctrl+p", "^p", "command_palette", "commands", "Find a command", "everywhere", 60),
    Key(
        "app.pause",
        "space",
        "space",
        "pause",
        "pause",
        "Pause painting; collecting goes on",
        "everywhere",
        50,
    ),
    Key("app.poll", "r", "r", "poll_now", "poll", "Ask every feed now", "everywhere", 10),
    Key(
        "app.faster",
        "plus,equals_sign",
        "+",
        "change_pace(0.5)",
        "faster",
        "Poll twice as often",
        "everywhere",
    ),
    Key("app.slower", "minus", "-", "change_pace(2.0)", "slower", "Poll half as often", "everywhere"),
    Key(
        "past.back",
        "left_square_bracket",
        "[",
        "travel_step(-1)",
        "back",
        "One step into the past",
        "everywhere",
    ),
    Key("past.on", "right_square_bracket", "]", "travel_step(1)", "on", "A step on in time", "everywhere"),
    Key("past.day_back", "left_curly_bracket", "{", "travel_day(-1)", "day back", "A day back", "everywhere"),
    Key("past.day_on", "right_curly_bracket", "}", "travel_day(1)", "day on", "A day on", "everywhere"),
    Key("past.go", "at", "@", "travel_to", "go to", "Go to a moment", "everywhere", 15),
    Key("past.play", "P", "P", "travel_play", "play", "Let the past run: ×1 ×10 ×60 ×600", "everywhere"),
    Key("past.live", "L", "L", "travel_live", "live", "Back to the present", "everywhere"),
    Key(
        "app.theme",
        "T",
        "T",
        "next_theme",
        "theme",
        "The next theme: dark, light, contrast, ansi",
        "everywhere",
    ),
    Key("arena.open", "enter", "⏎", "open", "open", "Open the highlighted trader", "arena", 100),
    Key("arena.back", "escape", "esc", "clear", "clear", "Clear the filter, show the chart again", "arena"),
    Key("arena.chart", "c", "c", "show_chart", "chart", "The chart alone, and back", "arena", 28),
    Key("arena.pane", "v", "v", "next_tab", "pane", "Next: events, positions, trades, chat", "arena", 72),
    Key("arena.hide", "x", "x", "hide_line", "hide line", "Hide or show the trader's line", "arena", 25),
    Key("arena.only", "X", "X", "only_line", "only line", "Only the trader's line, and back", "arena"),
    Key("arena.next", "tab", "tab", "next_pane", "next pane", "Move to the next pane", "arena", 20),
    Key("arena.left", "h,left", "h ←", "focus_table", "table", "Move to the table", "arena"),
    Key("arena.right", "l,right", "l →", "focus_pane", "pane", "Move to the pane on the right", "arena"),
    Key(
        "trader.back",
        "escape",
        "esc",
        "back",
        "back",
        "Clear the filter, or back",
        "trader",
        100,
    ),
    Key("trader.open", "enter", "⏎", "open", "detail", "Open position, trade or chat", "trader", 95),
    Key("trader.next", "n", "n", "step(1)", "next trader", "Next trader", "trader", 85),
    Key("trader.previous", "N", "N", "step(-1)", "previous", "Previous trader", "trader", 45),
    Key("trader.tab", "v", "v", "next_tab", "tab", "Next: trades, chat, stats", "trader", 84),
    Key("trader.up", "h,left", "h ←", "focus_positions", "positions", "Move to the positions", "trader"),
    Key("trader.down", "l,right", "l →", "focus_past", "past", "Move to trades, chat, stats", "trader"),
    Key("trader.pane", "tab", "tab", "next_pane", "next pane", "Move to the next pane", "trader", 35),
    Key(
        "table.filter", "slash", "/", "filter", "filter", "Filter: text or regex, ! for the rest", "table", 80
    ),
    Key("table.sort", "s", "s", "sort_next", "sort", "Sort by the next column", "table", 70),
    Key("table.reverse", "S", "S", "sort_reverse", "reverse", "Sort the other way round", "table"),
    Key("table.copy", "y", "y", "copy_row", "copy", "Copy the row to the clipboard", "table"),
    Key("table.copy_cell", "Y", "Y", "copy_cell", "copy cell", "Copy the cell to the clipboard", "table"),
    Key("table.export", "e", "e", "export", "export", "Write the table as filtered: CSV, JSON", "table", 32),
    Key("sheet.back", "escape", "esc", "back", "back", "Clear the filter, or to the arena", "sheet", 30),
    Key("sheet.left", "h,left", "h ←", "move_column(-1)", "left", "The column on the left", "sheet"),
    Key("sheet.right", "l,right", "l →", "move_column(1)", "right", "The column on the right", "sheet"),
    Key("records.open", "enter", "⏎", "open", "detail", "Open the record in full", "records", 95),
    Key("records.trader", "o", "o", "open_trader", "trader", "Open the record's trader", "records", 65),
    Key("stats.range", "t", "t", "next_range", "range", "Figures of: 24H 72H 7D ALL", "stats", 75),
    Key("coins.open", "enter", "⏎", "open", "price", "The coin's price in large, and back", "coins", 95),
    Key(
        "positions.group",
        "g",
        "g",
        "toggle_groups",
        "group",
        "By trader or in one list; to the first: home",
        "positions",
        75,
    ),
    Key("chart.range", "t", "t", "next_range", "range", "Range: 24H 72H 7D ALL", "chart", 75),
    Key(
        "chart.unit",
        "percent_sign",
        "%",
        "toggle_percent",
        "unit",
        "Chart in dollars or percent",
        "chart",
        30,
    ),
    Key("list.down", "down,j", "j ↓", "move(1)", "down", "One down", "list"),
    Key("list.up", "up,k", "k ↑", "move(-1)", "up", "One up", "list"),
    Key("list.first", "home,g", "g", "first", "first", "To the first", "list"),
    Key("list.last", "end,G", "G", "last", "last", "To the last", "list"),
    Key("list.half_down", "ctrl+d", "^d", "page(0.5)", "half page down", "Half a page down", "list"),
    Key("list.half_up", "ctrl+u", "^u", "page(-0.5)", "half page up", "Half a page up", "list"),
    Key("list.page_down", "pagedown", "PgDn", "page(1)", "page down", "A page down", "list"),
    Key("list.page_up", "pageup", "PgUp", "page(-1)", "page up", "A page up", "list"),
)


def keys_of(*places: Place) -> tuple[Key, ...]:
    """The keys that work in these places, in the order of the list."""
    return tuple(key for key in KEYS if key.place in places)


def bindings(*places: Place) -> list[Binding]:
    """What a screen, a list or the app gives Textual."""
    return [
        Binding(
            key.keys,
            key.action,
            key.title,
            show=False,
            priority=key.always,
            tooltip=key.description,
            id=key.id,
        )
        for key in keys_of(*places)
    ]


def hints(keys: Iterable[Key], width: int) -> list[Key]:
    """The keys of the footer line that fit into `width` cells, in the order of the list."""
    wanted = sorted((key for key in keys if key.hint), key=lambda key: -key.hint)
    kept, used = list[Key](), 0
    for key in wanted:
        used += len(key.shown) + len(key.title) + 3
        if used > width:
            break
        kept.append(key)
    return sorted(kept, key=lambda key: -key.hint)
