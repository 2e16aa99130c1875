COPY (
    SELECT t.layer, t.z, t.x, t.y, t.content
    FROM guyane.sagui_tile AS t
    WHERE t.layer = guyane.source_of_tile(substr(%s, length('guyane.') + 1), 0)
) TO STDOUT (FORMAT binary)
