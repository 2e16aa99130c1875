"""What the tile server shows, and telling the cache."""
