"""The dead man's switch: looks at the platform from outside Dagster, and tells operators itself when it is silent."""
