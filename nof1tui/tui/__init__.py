"""The terminal user interface: screens over boards."""
