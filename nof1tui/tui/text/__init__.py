"""Records as text: details, list entries, empty states."""
