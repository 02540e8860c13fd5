"""Compare two networks: their layers, their units, their answers."""
