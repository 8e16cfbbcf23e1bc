"""What `show` prints: query, selection, rows, columns."""
