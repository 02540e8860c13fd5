"""The weights of convolutions, and the sum behind one value."""
