"""Reproduce what dnnvis shows beyond pictures and the Game of Life."""
