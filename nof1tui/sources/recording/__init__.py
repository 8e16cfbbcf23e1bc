"""Recorded responses: writing them, reading them, and replaying them as a transport."""
