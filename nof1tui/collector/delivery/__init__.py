"""Delivery of batches to the store: outbox, envelopes, spool, deduplication."""
