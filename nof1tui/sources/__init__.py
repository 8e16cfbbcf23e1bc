"""Sources of records: requests to an arena or a chain, and the decoding of their answers."""
