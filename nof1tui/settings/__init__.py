"""Settings: the model, its field types, where each value comes from."""
