"""The terminal: driver, frame diffing, character set, notifications."""
