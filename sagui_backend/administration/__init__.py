"""The administrators' site."""
