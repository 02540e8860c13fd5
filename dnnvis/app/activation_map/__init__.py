"""The map of a network's activation space."""
