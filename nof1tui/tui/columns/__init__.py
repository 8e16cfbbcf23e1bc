"""Columns of every table."""
