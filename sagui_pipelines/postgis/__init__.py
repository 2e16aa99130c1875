"""Talking to PostGIS: engine, binary COPY, merge. No Dagster, no domain words."""
