"""Decide what is computed now, in which order."""
