"""Mazes: drawing them, reading them from pictures, and what may be computed about them."""
