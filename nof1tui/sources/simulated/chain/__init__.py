"""A simulated chain that speaks Hyperliquid's info endpoint."""
