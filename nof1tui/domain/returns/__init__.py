"""Returns of an account freed from capital flows, and the figures derived from them. Pure functions."""
