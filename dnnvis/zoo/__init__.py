"""List the networks there are, and build them."""
