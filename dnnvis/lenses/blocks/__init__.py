"""Building blocks: the map of a layer as a few groups, with pictures and votes."""
