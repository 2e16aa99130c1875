-- Numbers are given before their transaction is seen by others: with the count, a late one is not overlooked.
SELECT
    (
        SELECT format('%s/%s', coalesce(max(id), 0), count(*))
        FROM guyane.sagui_importlog
        WHERE rows_inserted + rows_updated + rows_deleted > 0
    ),
    (SELECT format('%s/%s', coalesce(max(id), 0), count(*)) FROM guyane.sagui_configurationchange)
