"""Fakes, builders and servers that several tests and benchmarks share."""
