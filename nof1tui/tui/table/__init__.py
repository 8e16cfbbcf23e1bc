"""The live table and the list of lines."""
