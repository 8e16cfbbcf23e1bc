"""What the outside world says: transports, URLs, bytes and their decoding."""
