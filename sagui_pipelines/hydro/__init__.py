"""Pure arithmetic of hydrology on numpy arrays: no Dagster, no SQL, no files."""
