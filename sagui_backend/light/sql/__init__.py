"""Statements of the light layers."""
