SELECT period FROM guyane.stations_reference_flow_period;
