"""Name the units of a network by the concepts that they detect, beside a control."""
