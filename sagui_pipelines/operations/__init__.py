"""The platform looks after itself: tables against files, Dagster's own storage, partitions that failed."""
