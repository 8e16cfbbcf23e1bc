"""Time series: curves, append-only buffers, daily closes."""
