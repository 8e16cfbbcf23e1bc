"""Rewrites the list of packages in docs/architecture.md from the packages' own docstrings.

python .ci/architecture_page.py           writes the page
python .ci/architecture_page.py --check   exit code 1 when the page is out of step
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"(<!-- packages -->\n).*?(<!-- /packages -->)", re.DOTALL)


def packages() -> list[tuple[str, str]]:
    """Each package below `nof1tui` with the first line of its docstring, parents before children."""
    found = []
    for init in sorted((ROOT / "nof1tui").rglob("__init__.py")):
        name = str(init.parent.relative_to(ROOT / "nof1tui"))
        docstring = ast.get_docstring(ast.parse(init.read_text("utf-8"))) or ""
        if name != ".":
            found.append((name, docstring.split("\n", 1)[0]))
    return found


def render() -> str:
    """The page with its list of packages up to date."""
    rows = [f"| `{name}/` | {text} |\n" for name, text in packages()]
    table = "| package | holds |\n| --- | --- |\n" + "".join(rows)
    return BLOCK.sub(lambda match: match[1] + table + match[2], PAGE.read_text("utf-8"))


if __name__ == "__main__":
    page = render()
    if "--check" in sys.argv:
        sys.exit(0 if page == PAGE.read_text("utf-8") else "out of step: python .ci/architecture_page.py")
    PAGE.write_text(page, "utf-8")
