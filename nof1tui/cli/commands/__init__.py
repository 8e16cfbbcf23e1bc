"""The commands as declared to click, one module each: names, options, help."""
