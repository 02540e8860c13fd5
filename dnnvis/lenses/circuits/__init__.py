"""Weights as a matrix, and circuits: which units feed which."""
