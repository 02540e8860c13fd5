"""Decode picture files of every kind, one way for files, archives and data sets."""
