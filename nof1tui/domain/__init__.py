"""What the figures mean: records, metrics and the board. Standard library only, no clock, no I/O."""
