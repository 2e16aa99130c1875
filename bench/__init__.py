"""Benchmarks: ratios measured in one run, on a database cluster that is thrown away."""
