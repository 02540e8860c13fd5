"""The most likely classes."""
