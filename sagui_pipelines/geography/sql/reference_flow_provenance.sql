UPDATE guyane.stations_reference_flow_period
SET provenance = %(provenance)s
WHERE period = ANY (%(periods)s::text[]) AND provenance <> %(provenance)s
