"""Draws the window and handles what is clicked; the only room that imports Qt."""
