"""Records and figures without side effects: no clock, no input or output."""
