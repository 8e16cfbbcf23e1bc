"""The HTTP client that all sources share: limits, decompression, errors."""
