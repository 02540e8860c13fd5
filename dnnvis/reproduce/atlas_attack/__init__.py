"""Patches that an activation atlas names, put on pictures: how often the answer flips."""
