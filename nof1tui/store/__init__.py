"""What is kept: schema, writing, reading, and the server it lives in."""
