"""Output formats: tables, files, OpenMetrics."""
