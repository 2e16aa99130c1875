"""What the cache in front of the platform asks for itself."""
