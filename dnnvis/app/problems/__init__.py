"""The failures so far, listed."""
