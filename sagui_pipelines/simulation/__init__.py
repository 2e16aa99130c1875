"""A synthetic basin that writes HYFAA's own file formats: the embedded default input."""
