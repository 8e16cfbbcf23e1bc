"""Plain English: docstrings, comments, strings and names of functions use the field's words."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FORBIDDEN = {
    r"told|tells?|telling": "say what is shown, returned, derived or sent",
    r"said": "name the text, the value or the setting",
    r"whoever|nobody|nobody's|whose it is": "name the user, process or account",
    r"anew": "again",
    r"so many": "n, a number of",
    r"none of its|none of ours|of our own": "name what is left out",
    r"is no (?!longer\b|more\b)[a-z]+": "is not a …",
    r"stands?": "is, has, shows",
    r"stands still": "does not change",
    r"rests on": "uses, is computed from",
    r"goes on": "continues",
    r"ways? out": "channel",
    r"no known": "unknown",
    r"deepest fall": "maximum drawdown",
    r"theirs": "upstream's",
}
"""Pattern of a word, and what to write in its place."""
LABELS = {r"at once": "now, immediately"}
"""Also forbidden in strings of tui and cli that people read."""
SPEECH = frozenset(
    {
        ("nof1tui/store/embedded/ownership.py", "nobody"),
        ("nof1tui/domain/export/stats_rows.py", "theirs"),
        ("nof1tui/domain/figures/shapes.py", "theirs"),
        ("tests/cli/commands/test_show.py", "theirs"),
        ("tests/domain/figures/test_account_figures.py", "theirs"),
        ("tests/domain/figures/test_records.py", "stands"),
        ("tests/store/reading/test_reader.py", "stands"),
        ("tests/store/embedded/test_lease.py", "nobody"),
        ("tests/support/builders.py", "stands"),
        ("tests/tui/screens/test_chat_screen.py", "said"),
        ("benchmarks/_store_load.py", "stands"),
        ("benchmarks/peers.py", "nobody"),
    }
)
"""(file, word) where a word is what a model wrote, the Unix user `nobody`, or a key of a document."""

WORDS = re.compile(r"\b(" + "|".join(FORBIDDEN) + r")\b", re.IGNORECASE)
LABEL_WORDS = re.compile(r"\b(" + "|".join([*FORBIDDEN, *LABELS]) + r")\b", re.IGNORECASE)
FOLDERS = ("nof1tui", "tests", "benchmarks", ".ci")
FILES = [
    file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")) if file != Path(__file__)
]


def texts(file: Path) -> Iterator[tuple[int, str, bool]]:
    """Each docstring, comment, string and name of a function: line, text, whether it may be on a screen."""
    source = file.read_text("utf-8")
    tree = ast.parse(source)
    documentation = set()
    for node in ast.walk(tree):
        for first in getattr(node, "body", None) if isinstance(getattr(node, "body", None), list) else ():
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                documentation.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value, id(node) not in documentation
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name.replace("_", " ").strip(), False
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, False


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_docstrings_comments_and_strings_are_plain_english(file: Path) -> None:
    name = str(file.relative_to(ROOT))
    labels = name.startswith(("nof1tui/tui", "nof1tui/cli"))
    found = [
        f"{name}:{line}: {match[0]!r} in {text.strip()[:70]!r}"
        for line, text, is_label in texts(file)
        for match in (LABEL_WORDS if labels and is_label else WORDS).finditer(text)
        if (name, match[0].lower()) not in SPEECH
    ]
    assert not found, "\n".join(found)
