"""Terminals that cannot show every character: replacements, and nothing else is sent."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import nof1tui
from nof1tui.tui.terminal.charset import ASCII_CHARSET, LINUX_CONSOLE, UTF_8, Charset, detect_charset
from tests.support.terminal_program import Emulator, read_all, read_until, running

LATIN_1 = Charset("iso8859-1", "iso8859-1")


@pytest.mark.parametrize(
    ("environment", "charset"),
    [
        ({}, UTF_8),
        ({"LANG": "de_DE.UTF-8"}, UTF_8),
        ({"LANG": "de_DE"}, UTF_8),
        ({"LANG": "de_DE.utf8@euro"}, UTF_8),
        ({"LC_ALL": "C"}, ASCII_CHARSET),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, ASCII_CHARSET),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, UTF_8),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, ASCII_CHARSET),
        ({"LC_CTYPE": "C.UTF-8"}, UTF_8),
        ({"LANG": "en_US.ISO-8859-1"}, LATIN_1),
        ({"LANG": "ISO-8859-1"}, LATIN_1),
        ({"LANG": "xx_YY.no-such-thing"}, UTF_8),
        ({"TERM": "linux", "LANG": "de_DE.UTF-8"}, LINUX_CONSOLE),
        ({"TERM": "linux", "LC_ALL": "C"}, ASCII_CHARSET),
        ({"TERM": "screen-256color"}, UTF_8),
    ],
)
def test_the_character_set_follows_the_locale_and_the_terminal(
    environment: dict[str, str], charset: Charset
) -> None:
    assert detect_charset(environment) == charset


def test_a_setting_overrides_the_detected_character_set() -> None:
    assert detect_charset({"LC_ALL": "C"}, "unicode") == UTF_8
    assert detect_charset({"LANG": "de_DE.UTF-8"}, "ascii") == ASCII_CHARSET


@pytest.mark.parametrize(
    ("charset", "text", "shown"),
    [
        (ASCII_CHARSET, "● LIVE 3s · +1,204 (−3h)", "* LIVE 3s . +1,204 (-3h)"),
        (ASCII_CHARSET, "╭─ Equity ─╮ ▌Qwen3 ▂▃▄█ ▲1 ▼2", "+- Equity -+ |Qwen3 _._# ^1 v2"),
        (ASCII_CHARSET, "Zürich 東京 e\u0301t\u00e9", "Zurich ???? ete"),
        (ASCII_CHARSET, "⠀⣀⡠", " .."),
        (LATIN_1, "● 3× · Zürich …", "* 3× · Zürich ~"),
        (LINUX_CONSOLE, "╭━━●━╮ ▌█▄", "┌──*─┐ ▌█▄"),
        (UTF_8, "╭●⣀東", "╭●⣀東"),
    ],
)
def test_each_character_has_a_replacement(charset: Charset, text: str, shown: str) -> None:
    assert charset.encode(text).decode(charset.codec) == shown


def test_every_drawn_character_has_a_distinct_plain_one() -> None:
    drawn = set()
    for path in Path(nof1tui.__file__).parent.rglob("*.py"):
        if "sources" in path.parts or path.name == "sanitisation.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                drawn |= {char for char in node.value if not char.isascii()}
    assert {char for char in drawn if ASCII_CHARSET.substitute(char) == "?"} <= {"\ufffd"}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0xFFFF), max_size=20))
def test_any_text_has_only_characters_that_can_be_shown(text: str) -> None:
    for charset in (ASCII_CHARSET, LATIN_1, LINUX_CONSOLE):
        assert charset.can_show(charset.substitute(text))


@given(st.text(st.sampled_from("abc │─╭╮▂▃█▌●◐○·×−…⣀⡠é東京🔎▲▼⚠⏎"), max_size=30))
def test_a_replacement_has_the_same_width(text: str) -> None:
    assert cell_len(ASCII_CHARSET.substitute(text)) == cell_len(text)


MONITOR = """
import os
from tests.support.scenes import ScriptedEngine, board, make_app
from nof1tui.tui.terminal.charset import detect_charset
from nof1tui.tui.style.theme import AUTO
make_app(ScriptedEngine(board()), theme=AUTO, charset=detect_charset(os.environ)).run()
"""
TOUR = (b"2", b"4", b"5", b"8", b"?", b"\x1b", b"1", b"\r")
"""Screens of every kind, help, and a trader."""
SIXTEEN = (*range(30, 38), *range(40, 48), *range(90, 108))
TERMINALS = {
    "locale of C without colours": ({"LC_ALL": "C", "NO_COLOR": "1"}, ASCII_CHARSET, 0),
    "Linux console": ({"TERM": "linux", "COLORTERM": ""}, LINUX_CONSOLE, 16),
    "Latin 1 in screen": (
        {"LC_ALL": "en_US.ISO-8859-1", "TERM": "screen-256color", "COLORTERM": ""},
        LATIN_1,
        256,
    ),
}
"""Environment, allowed characters and number of colours."""


@pytest.mark.parametrize("name", TERMINALS)
def test_every_screen_is_sent_in_the_characters_and_colours_of_the_terminal(name: str) -> None:
    environment, charset, colors = TERMINALS[name]
    emulator = Emulator((100, 30))
    with running(MONITOR, (100, 30), environment) as (_, master):
        sent = read_until(master, b"21,610.74")
        for key in TOUR:
            os.write(master, key)
            sent += read_all(master, quiet_s=0.15)
    text = sent.decode(charset.codec)
    assert charset.can_show("".join(char for char in text if char.isprintable()))
    assert most_colors(sent) <= colors
    emulator.feed(text.encode())
    lines = "\n".join(emulator.lines())
    assert "DeepSeek V3.1" in lines and "+116.1" in lines


def most_colors(sent: bytes) -> int:
    """How many colours a terminal must have for these bytes."""
    most = 0
    for codes in re.findall(rb"\x1b\[([0-9;]*)m", sent):
        if b"38;2;" in codes or b"48;2;" in codes:
            most = 1 << 24
        elif b"38;5;" in codes or b"48;5;" in codes:
            most = max(most, 256)
        elif any(int(code or 0) in SIXTEEN for code in codes.split(b";")):
            most = max(most, 16)
    return most


def test_keys_in_another_encoding_do_not_stop_the_input() -> None:
    with running(MONITOR, (100, 30)) as (program, master):
        read_until(master, b"21,610.74")
        os.write(master, b"\xe9\xff q")
        read_until(master, b"nothing", quiet_s=0.2)
        os.write(master, b"q")
        read_until(master, b"\x1b[?1049l")
        assert program.wait(timeout=5) == 0
