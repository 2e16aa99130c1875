SELECT
    coalesce((SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c), 'assimilated'),
    ARRAY(
        SELECT d.mini FROM guyane.hyfaa_drainage AS d
        UNION
        SELECT c.mini FROM guyane.hyfaa_catchments AS c
        ORDER BY 1
    ),
    ARRAY(SELECT s.id FROM guyane.hyfaa_catchments_subbasins AS s ORDER BY 1)
