"""A terminal live monitor for LLMs that trade with real money."""

__version__ = "0.1.0"
HOMEPAGE = "https://github.com/nof1-tui/nof1-tui"
"""Homepage in the User-Agent header."""
