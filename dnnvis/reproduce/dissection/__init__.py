"""Which share of the units of the bundled networks detects a concept."""
