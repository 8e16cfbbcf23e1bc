"""The equity and price chart."""
