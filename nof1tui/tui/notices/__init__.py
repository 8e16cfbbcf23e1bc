"""Toasts for recent events and alerts."""
