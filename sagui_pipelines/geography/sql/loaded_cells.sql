SELECT tablename, n_cells FROM guyane.sagui_importstate WHERE n_cells IS NOT NULL ORDER BY tablename;
