"""Fills of wallets, folded into round trips, and the reconciliation with the chain."""
