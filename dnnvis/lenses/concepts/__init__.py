"""Concepts: directions that a layer uses over a whole data set."""
