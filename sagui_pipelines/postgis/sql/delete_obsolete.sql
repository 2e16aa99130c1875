-- Rows that the loaded days no longer have in the source; `loaded` NULL stands for the whole table.
DELETE FROM {target} AS t
WHERE t.{scope} BETWEEN %(lowest)s::date AND %(highest)s::date
  AND (%(loaded)s::date[] IS NULL OR t.{scope} = ANY (%(loaded)s::date[]))
  AND NOT EXISTS (SELECT FROM {staging} AS s WHERE {same_key})
