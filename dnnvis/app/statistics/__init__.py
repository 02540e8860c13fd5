"""Statistics of a unit and its layer over a scanned data set."""
