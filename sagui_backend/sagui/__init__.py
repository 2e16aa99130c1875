"""The platform's tables, their administration and the API."""
