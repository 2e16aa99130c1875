"""What clients ask over HTTP: levels, series, rain and air, read-only."""
