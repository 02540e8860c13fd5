"""Deliver what the network looks at."""
