"""The HTTP API over a store: routes, documents, cached bodies, live stream, access. It only reads."""
