INSERT INTO guyane.sagui_importlog (
    tablename, run_id, source_file, source_version, first_date, last_date,
    rows_staged, rows_inserted, rows_updated, rows_unchanged, rows_deleted
)
VALUES (
    %(tablename)s, %(run_id)s, %(source_file)s, %(source_version)s, %(first_date)s, %(last_date)s,
    %(staged)s, %(inserted)s, %(updated)s, %(unchanged)s, %(deleted)s
)
