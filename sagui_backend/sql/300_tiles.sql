-- Tiles. Every layer is a function (z, x, y) that gives the finished tile. Up to zoom 8 a publication prepares whole
-- tiles in sagui_tile; deeper tiles hold little and are made when asked for.

-- Earlier versions of these files may have prepared them differently.
DELETE FROM guyane.sagui_tile;

-- Geometry in tile units ------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION guyane.tiles_of(shape public.geometry, z integer)
RETURNS TABLE (x integer, y integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = guyane, public, pg_temp
AS $$
    -- Tiles count from the north-west corner of the square world; 1/16 of a tile is the margin drawn around it.
    SELECT c.x, r.y
    FROM (SELECT 20037508.342789244 AS half, 2 * 20037508.342789244 / 2 ^ z AS size, 2 ^ z - 1 AS last) AS w
    CROSS JOIN LATERAL generate_series(
        greatest(floor((st_xmin(shape) + half) / size - 1 / 16.0), 0)::integer,
        least(floor((st_xmax(shape) + half) / size + 1 / 16.0), last)::integer
    ) AS c (x)
    CROSS JOIN LATERAL generate_series(
        greatest(floor((half - st_ymax(shape)) / size - 1 / 16.0), 0)::integer,
        least(floor((half - st_ymin(shape)) / size + 1 / 16.0), last)::integer
    ) AS r (y)
$$;
COMMENT ON FUNCTION guyane.tiles_of(public.geometry, integer) IS
    'Tiles of a zoom that the bounding box of a shape (EPSG:3857) touches, margins included. NULL only for NULL.';


CREATE OR REPLACE FUNCTION guyane.line_in_tile(line public.geometry, z integer, x integer, y integer)
RETURNS public.geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = guyane, public, pg_temp
AS $$
    -- Eight of 4096 units are one pixel of a 512-pixel tile.
    SELECT st_simplify(st_asmvtgeom(line, st_tileenvelope(z, x, y), 4096, 256), 8, true)
$$;
COMMENT ON FUNCTION guyane.line_in_tile(public.geometry, integer, integer, integer) IS
    'A line (EPSG:3857) in units of a tile, clipped 256 units beyond its edge, simplified by at most one pixel. NULL '
    'where the tile does not show it: outside, or shorter than a unit.';


CREATE OR REPLACE FUNCTION guyane.area_in_tile(area public.geometry, z integer, x integer, y integer)
RETURNS public.geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = guyane, public, pg_temp
AS $$
    -- Neighbours share their corners, and the same corner always moves to the same place: no gap opens between them. What
    -- is too small for the grid is drawn on a finer one: as it is, with every corner, it would weigh the most.
    SELECT CASE WHEN plain.geom IS NOT NULL THEN coalesce(
        st_asmvtgeom(st_snaptogrid(area, corner, corner, step, step), envelope, 4096, 256),
        st_asmvtgeom(st_snaptogrid(area, corner, corner, step / 2, step / 2), envelope, 4096, 256),
        st_asmvtgeom(st_snaptogrid(area, corner, corner, step / 4, step / 4), envelope, 4096, 256),
        plain.geom
    ) END
    FROM (
        SELECT st_tileenvelope(z, x, y) AS envelope, -20037508.342789244 AS corner,
               2 * 20037508.342789244 / 2 ^ z / 4096 * CASE WHEN z <= 6 THEN 16 WHEN z = 7 THEN 8 ELSE 4 END AS step
    ) AS tile
    CROSS JOIN LATERAL st_asmvtgeom(area, tile.envelope, 4096, 256) AS plain (geom)
$$;
COMMENT ON FUNCTION guyane.area_in_tile(public.geometry, integer, integer, integer) IS
    'An area (EPSG:3857) in units of a tile, clipped 256 units beyond its edge, its corners moved to a grid of two '
    'pixels or less. NULL where the tile does not show it: outside, or smaller than a unit.';


CREATE MATERIALIZED VIEW guyane.sagui_tile_geometry AS
SELECT shape.kind, zoom.z, tile.x, tile.y, shape.id, drawn.geom
FROM (
    SELECT 'reach' AS kind, r.mini AS id, r.geom FROM guyane.sagui_reaches AS r
    UNION ALL
    SELECT 'catchment', c.mini, c.geom FROM guyane.hyfaa_catchments_shown AS c
    UNION ALL
    SELECT 'subbasin', s.id, s.geom FROM guyane.hyfaa_catchments_subbasins AS s
) AS shape
CROSS JOIN generate_series(0, 8) AS zoom (z)
CROSS JOIN LATERAL guyane.tiles_of(shape.geom, zoom.z) AS tile
CROSS JOIN LATERAL (
    SELECT CASE shape.kind
        WHEN 'reach' THEN guyane.line_in_tile(shape.geom, zoom.z, tile.x, tile.y)
        ELSE guyane.area_in_tile(shape.geom, zoom.z, tile.x, tile.y)
    END AS geom
) AS drawn
WHERE drawn.geom IS NOT NULL;
CREATE INDEX sagui_tile_geometry_tile ON guyane.sagui_tile_geometry (kind, z, x, y);
COMMENT ON MATERIALIZED VIEW guyane.sagui_tile_geometry IS
    'Rivers, catchments and sub-basins in units of every tile up to zoom 8 that shows them. Renewed when the geography '
    'changes. No column is ever NULL.';
