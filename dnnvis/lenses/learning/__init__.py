"""The network on show while it learns."""
