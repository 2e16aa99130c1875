"""Daily rain on the model's cells."""
