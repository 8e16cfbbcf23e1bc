"""Channels that carry alerts away: a command, a webhook."""
