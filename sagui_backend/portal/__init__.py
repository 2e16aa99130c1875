"""The public map page at `/`, and what it asks beyond the API of old: settings, and the series of any cell."""
