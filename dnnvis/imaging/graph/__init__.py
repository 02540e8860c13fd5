"""Draw a network as a graph: fold its blocks, and lay it out in layers."""
