"""Hyperliquid's info endpoint: wallets as an arena, and the chain for reconciliation."""
