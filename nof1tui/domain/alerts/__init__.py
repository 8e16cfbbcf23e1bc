"""Alert rules: their text form, their metrics, and their evaluation against boards."""
