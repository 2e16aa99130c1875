"""Schema, API and admin of the platform."""
