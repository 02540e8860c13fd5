"""Describe what the activations hold, and the space of all of them."""
