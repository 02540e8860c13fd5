"""Which share of the units of three bundled networks detects a concept."""
