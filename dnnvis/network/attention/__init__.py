"""The attention heads of a network as units."""
