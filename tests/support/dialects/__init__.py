"""Dialects of nof1's API: true bodies, written as other servers write them."""
