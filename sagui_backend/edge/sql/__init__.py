"""Statements of the map page."""
