"""The model run and its files. HYFAA's formats are known here and nowhere else."""
