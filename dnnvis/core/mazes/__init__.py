"""Mazes: their squares, colors, texts, and how they are changed."""
