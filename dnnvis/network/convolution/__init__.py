"""Read the weights of convolutions, and what they multiply."""
