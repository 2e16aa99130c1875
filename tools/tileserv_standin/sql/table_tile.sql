SELECT ST_AsMVT(tile, %(layer)s, 4096, 'geom' {id_argument})
FROM (
    SELECT
        ST_AsMVTGeom(ST_Transform(ST_Force2D(source.{geometry}), 3857), bounds.geom, 4096, 256) AS geom
        {columns}
    FROM {table} AS source
    CROSS JOIN ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS bounds (geom)
    WHERE source.{geometry} && ST_Transform(
        ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 256.0 / 4096), {srid}
    )
    LIMIT 50000
) AS tile
WHERE tile.geom IS NOT NULL
