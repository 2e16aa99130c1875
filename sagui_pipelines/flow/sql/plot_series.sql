SELECT date, {flow}, flow_expected
FROM {table}
WHERE cell_id = %(cell)s AND date > %(last)s::date - %(days)s::integer
ORDER BY date
