"""River flow: the mgbstandard, assimilated and forecast series."""
