"""Simulated upstreams behind HTTP transports: the arena of the demo, and its chain."""
