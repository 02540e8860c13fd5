"""The edits of the network: the strip that lists them, and the keys that make them."""
