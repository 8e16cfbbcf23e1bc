"""Hyperliquid wallets as an arena, by the info endpoint."""
