"""nof1.ai's API: source, decoder, cursor, and one module per record kind."""
