SELECT count(*)
FROM {target} AS t
WHERE t.{scope} BETWEEN %(lowest)s::date AND %(highest)s::date
  AND (%(loaded)s::date[] IS NULL OR t.{scope} = ANY (%(loaded)s::date[]))
