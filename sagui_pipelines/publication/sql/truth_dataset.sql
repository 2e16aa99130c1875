SELECT coalesce((SELECT c.use_dataset FROM guyane.sagui_saguiconfig AS c), 'assimilated')
