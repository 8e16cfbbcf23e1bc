"""Parts of screens: charts with captions, lists, header, footer, status."""
