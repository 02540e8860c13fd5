"""Measure edits: the live view with some, and a sweep of a layer."""
