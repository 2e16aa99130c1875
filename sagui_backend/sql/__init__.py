"""Functions, views, tile functions and grants, as numbered SQL files that `apply_sql` runs in order."""
