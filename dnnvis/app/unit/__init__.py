"""The selected unit: its map, numbers and notes."""
