"""Statistics of a whole board: cached figures and their difference from upstream's."""
