"""Fixtures of the database plumbing."""

from postgis_sandbox import sandbox

__all__ = ["sandbox"]
