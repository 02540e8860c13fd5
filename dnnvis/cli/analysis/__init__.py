"""Commands that act on networks and compare them."""
