"""Decoding that all sources share: streaming JSON, value readers, schema drift."""
