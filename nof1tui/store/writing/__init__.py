"""Writing the store: upserts, roll-ups, event derivation, retention."""
