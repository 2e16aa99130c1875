"""Dagster code location of the SAGUI platform: from HYFAA's files to tables, layers and tiles."""
