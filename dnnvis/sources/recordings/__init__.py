"""Frames that were recorded with what a network answered, and are looked at again."""
