"""Figures computed from account rows, trades and positions. Pure functions."""
