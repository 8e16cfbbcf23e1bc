"""Records and statistics as rows and documents for scripts."""
