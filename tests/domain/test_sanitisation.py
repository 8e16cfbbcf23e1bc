"""The sanitiser removes control sequences and leaves ordinary text unchanged."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.sanitisation import sanitise, sanitise_line

HOSTILE = [
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b]52;c;ZXZpbA==\x07copied", "copied"),
    ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
    ("\x1b]0;title never ended", "0;title never ended"),
    ("\x9b2Jcleared", "cleared"),
    ("\x9d52;c;ZXZpbA==\x9cend", "end"),
    ("\x1bPq#0\x1b\\sixel", "sixel"),
    ("\x1bc reset", " reset"),
    ("back\x08space\x7f", "backspace"),
    ("bell\x07", "bell"),
    ("\u202egnp.exe", "gnp.exe"),
    ("a\u2066b\u2069c\u200f", "abc"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("tag\U000e0041", "tag"),
    ("lone\ud800", "lone"),
    ("nul\x00", "nul"),
    ("a" + "\u0301\u0327" * 50, "a\u0301\u0327\u0301"),
    ("\u0336over the frame", "over the frame"),
    ("one \u20ddtwo", "one two"),
    ("heart\u2764\ufe0f", "heart\u2764"),
    ("\U0001f44d\U0001f3fd", "\U0001f44d"),
    ("no\u3164room\u034f", "noroom"),
    ("icon\ue0b0", "icon"),
]


@pytest.mark.parametrize(("hostile", "expected"), HOSTILE)
def test_control_sequences_are_removed(hostile: str, expected: str) -> None:
    assert sanitise(hostile) == expected


@pytest.mark.parametrize("text", ["[bold]markup stays as text[/]", "→ ’ ‑ ▲ 中文 é", "two\nlines", "a [0m b"])
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert sanitise(text) == text


def test_line_breaks_of_every_kind_are_newlines() -> None:
    assert sanitise("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_sanitised_line_is_one_line_and_marks_a_cut() -> None:
    assert sanitise_line("  a\n\tb   c ") == "a b c"
    assert sanitise_line("a\u00a0\u2003b\u3000c") == "a b c"
    assert sanitise_line("abcdef", 4) == "abc…"
    assert sanitise_line("abcd", 4) == "abcd"


@given(st.text(st.characters(codec=None)))
def test_no_control_format_or_surrogate_character_survives(text: str) -> None:
    for character in sanitise(text).replace("\n", ""):
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs"}
        assert unicodedata.bidirectional(character) not in {
            "LRE",
            "RLE",
            "PDF",
            "LRO",
            "RLO",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }


@given(st.text(st.sampled_from("\x1b]P[;0m\x07\\\x9b\x9c a")))
def test_sanitising_twice_changes_nothing(text: str) -> None:
    assert sanitise(sanitise(text)) == sanitise(text)
