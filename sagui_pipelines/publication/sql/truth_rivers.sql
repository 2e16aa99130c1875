SELECT d.mini, d.ordem, round(d.width::numeric, 0)::text, round(d.depth::numeric, 2)::text
FROM guyane.drainage_mgb_masked AS d
