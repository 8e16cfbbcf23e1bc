"""Coordination between instances on one store: leader election, notifications."""
