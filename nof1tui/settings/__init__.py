"""Settings: the model, its field types, and the origin of each value."""
