"""How it looks and which keys there are."""
