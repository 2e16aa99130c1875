"""What does not change with the weather: drainage, catchments, minibasins, stations, reference flows."""
