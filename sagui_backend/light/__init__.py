"""Prepared by each publication, served as it is: values per day, the catalogue of layers."""
