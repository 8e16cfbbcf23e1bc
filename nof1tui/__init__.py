"""A terminal live monitor for LLMs that trade with real money."""

__version__ = "0.1.0"
