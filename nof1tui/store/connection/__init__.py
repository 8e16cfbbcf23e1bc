"""Connecting to PostgreSQL: connection setup, pool, error translation."""
