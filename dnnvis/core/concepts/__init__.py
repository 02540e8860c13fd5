"""What directions found in activations are: groups of a frame, concepts of a data set."""
