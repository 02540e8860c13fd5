"""Values of a network that learns while somebody watches."""
