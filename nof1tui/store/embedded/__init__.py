"""The embedded PostgreSQL server: binaries, cluster, launch, shared lease."""
