"""Every figure, declared once: key, unit, description, formula, and how it is read."""
