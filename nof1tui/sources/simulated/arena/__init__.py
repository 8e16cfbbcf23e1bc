"""A simulated season that speaks nof1's API: the demo's arena."""
