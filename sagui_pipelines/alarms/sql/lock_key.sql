SELECT pg_advisory_xact_lock(hashtextextended('sagui incident ' || %(key)s, 0))
