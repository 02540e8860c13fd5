"""Hold what the user has chosen."""
