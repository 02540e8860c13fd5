"""Name the units of a network by the concepts that they detect."""
