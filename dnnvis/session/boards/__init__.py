"""Boards as sources: what the state has of them."""
