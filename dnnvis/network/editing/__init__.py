"""What layers return, changed on its way into the rest of the network."""
