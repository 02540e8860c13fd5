"""Lay out the cards of each mode of the window."""
