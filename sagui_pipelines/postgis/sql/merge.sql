-- Only rows that are new or differ are touched: an unchanged row is neither locked nor rewritten.
-- The bounds of `scope` let the planner leave out the other partitions.
MERGE INTO {target} AS t
USING {staging} AS s
ON {same_key} AND t.{scope} BETWEEN %(lowest)s::date AND %(highest)s::date
WHEN MATCHED AND ({current}) IS DISTINCT FROM ({incoming}) THEN
    UPDATE SET {assignments}
WHEN NOT MATCHED THEN
    INSERT ({columns}) VALUES ({staged_columns})
