"""Compare the network that runs with a second one on the same frames."""
