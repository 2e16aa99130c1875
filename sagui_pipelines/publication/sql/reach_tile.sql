SELECT guyane.reach_tile(%s, %s, %s, %s, %s)
