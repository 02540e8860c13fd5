"""Find what goes where in one pass of a network."""
