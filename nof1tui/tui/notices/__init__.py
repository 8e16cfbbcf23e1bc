"""Notices about what just happened, and alerts as toasts."""
