"""Simulated upstreams behind HTTP transports."""
