"""The command line: it builds everything and joins it."""
