"""Training a network of the Game of Life beside the window."""
