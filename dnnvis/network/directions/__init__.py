"""Directions over the channels of a layer, which have units of their own."""
