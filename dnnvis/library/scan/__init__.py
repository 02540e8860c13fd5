"""Scanning a data set for each unit's statistics and top examples."""
