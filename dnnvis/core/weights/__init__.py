"""What the weights of a layer are, and which units they connect."""
