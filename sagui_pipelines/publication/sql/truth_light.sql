SELECT d.mini, m.ordem, round(m.width)::integer
FROM guyane.hyfaa_drainage AS d
LEFT JOIN guyane.hyfaa_minibasins_data AS m USING (mini)
