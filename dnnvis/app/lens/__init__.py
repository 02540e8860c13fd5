"""One picture of the selected unit by a lens."""
