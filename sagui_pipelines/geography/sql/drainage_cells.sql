SELECT mini FROM guyane.hyfaa_drainage;
