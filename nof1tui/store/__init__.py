"""The PostgreSQL store: schema, writing, reading, and the embedded server."""
