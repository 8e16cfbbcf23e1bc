"""Formatting, colours, identities, and cell painting."""
