"""What the commands do, one module each, imported when its command is called."""
