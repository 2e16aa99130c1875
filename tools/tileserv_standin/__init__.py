"""Stand-in for pg_tileserv where that program cannot be had: same addresses, same tiles, same rights."""
