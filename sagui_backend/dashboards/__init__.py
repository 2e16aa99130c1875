"""Pages that show the situation to people."""
