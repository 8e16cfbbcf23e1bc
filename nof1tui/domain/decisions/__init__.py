"""Decisions of the models: attribution to trades and positions, and what came of them."""
