"""What packages ask of each other, as protocols and records. No implementation."""
