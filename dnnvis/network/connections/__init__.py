"""Find which weights connect which units."""
